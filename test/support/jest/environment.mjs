// Runs tests in Node's own realm, as Slipway runs, so that errors of Node are `instanceof Error`. By default, Jest gives
// each file its own realm, a context of `node:vm`. This environment creates the modules without a context.
import vm from 'node:vm';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

/** Stands for the context in Jest's calls of `node:vm`. */
const OWN_REALM = {};
/** Symbols that Jest's runner leaves on the global object. Through them, the whole file would stay in memory. */
const LEFT_BY_JEST = new Set(['JEST_STATE_SYMBOL', 'EVENT_HANDLERS']);
const CALLBACK = 'Jest would pass a callback to a test with more parameters than values: give undefined as a value';
const HOOK_TIMEOUT_MS = 240_000; // the first run may build the workflow bundle

for (const name of ['SourceTextModule', 'SyntheticModule']) {
  vm[name] = class extends vm[name] {
    constructor(...args) {
      const { context, ...options } = args.pop();
      super(...args, context === OWN_REALM ? options : { context, ...options });
    }
  };
}
const { compileFunction } = vm;
vm.compileFunction = (code, params, { parsingContext, ...options } = {}) =>
  compileFunction(code, params, parsingContext === OWN_REALM ? options : { parsingContext, ...options });

/** The interface of an environment: https://jestjs.io/docs/configuration#testenvironment-string */
export default class OwnRealm {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null;
  #exit = process.exit; // Jest wraps it for each file
  #hookTimeoutMs;

  constructor({ projectConfig: config }) {
    this.fakeTimersModern = new ModernFakeTimers({ config, global: globalThis });
    this.#hookTimeoutMs = config.testEnvironmentOptions.hookTimeoutMs ?? HOOK_TIMEOUT_MS;
  }

  getVmContext() {
    return OWN_REALM;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose();
    process.exit = this.#exit;
    const left = Object.getOwnPropertySymbols(globalThis).filter(({ description }) => LEFT_BY_JEST.has(description));
    for (const symbol of left) Reflect.deleteProperty(globalThis, symbol);
  }

  handleTestEvent(event) {
    if (event.name === 'add_test' && event.fn.length > 0) throw new Error(`${CALLBACK}: ${event.testName}`);
    if (event.name === 'hook_start') event.hook.timeout ??= this.#hookTimeoutMs;
    if (event.name === 'test_start') globalThis.hasTestFailed = false;
    if (event.name === 'test_fn_failure') globalThis.hasTestFailed = true;
  }
}
