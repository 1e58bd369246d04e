// Activities made up by a test. Whatever it did not ask for fails, and is remembered as unexpected.
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { toFailure } from '../../src/activities/failures.js';
import type { CallbackActivities, EntityActivities, HostActivities, QuickReads } from '../../src/activities/index.js';
import { errorRecord, SlipwayError, type DeploymentCode } from '../../src/contract/errors.js';
import type { AppKind } from '../../src/contract/states.js';
import { storedMessage, type TextParams } from '../../src/contract/texts.js';

export type Fakes = EntityActivities & QuickReads & HostActivities & CallbackActivities;
type Name = keyof Fakes;
type AnyActivity = (...args: never[]) => Promise<unknown>;

export const HOST = 'h1';

/** What an activity was called with, as far as tests ask. */
export interface CallInput {
  deploymentId?: string;
  instanceId?: string;
  environmentKey?: string;
  preferPort?: number;
  spec?: { deploymentId: string };
}

export interface JournalEntry {
  name: Name;
  phase: 'began' | 'ended';
  input: CallInput;
}

// As records, so that the compiler notices an activity that is missing.
const ENTITY_NAMES: Record<keyof EntityActivities, true> = {
  commandService: true,
  findEndedDeployments: true,
  openRequest: true,
  placeDeployment: true,
  readPast: true,
  readService: true,
  passMoment: true,
  readServicePage: true,
  readServices: true,
  requestCancellation: true,
};
const QUICK_NAMES: Record<keyof QuickReads, true> = { findEnded: true };
const CALLBACK_NAMES: Record<keyof CallbackActivities, true> = { deliverCallback: true };
const HOST_NAMES: Record<keyof HostActivities, true> = {
  awaitHealthy: true,
  beatHost: true,
  checkIsolation: true,
  checkStartable: true,
  buildImage: true,
  checkDocker: true,
  checkFallback: true,
  checkUv: true,
  cleanHost: true,
  configureContainer: true,
  configureRelease: true,
  discardEnvironment: true,
  discardImage: true,
  discardRelease: true,
  forgetService: true,
  drainInstance: true,
  installWithPip: true,
  installWithUv: true,
  prepareRelease: true,
  routeService: true,
  startInstance: true,
  stopInstance: true,
  stopStrays: true,
};

/** Any workflow that lives long may call it at any time. */
const ALWAYS: Partial<Fakes> = { passMoment: () => Promise.resolve() };

export class FakeActivities {
  /** Every beginning and end of an activity, in order. */
  readonly journal: JournalEntry[] = [];
  readonly unexpected: Name[] = [];
  readonly entities = this.#set(ENTITY_NAMES);
  readonly quickReads = this.#set(QUICK_NAMES);
  readonly host = this.#set(HOST_NAMES);
  readonly callbacks = this.#set(CALLBACK_NAMES);
  readonly #overRuns = new Set<string>();
  #expected: Partial<Fakes> = { ...ALWAYS };

  /** Adds to what is expected already. */
  expect(fakes: Partial<Fakes>): void {
    this.#expected = { ...this.#expected, ...fakes };
  }

  /**
   * Nothing is expected any more, and nothing happened. Returns what nobody had expected so far. What the runs that are
   * over still had on its way to a worker belongs to no test any more.
   */
  reset(overRuns: string[] = []): Name[] {
    for (const runId of overRuns) this.#overRuns.add(runId);
    this.#expected = { ...ALWAYS };
    this.journal.splice(0);
    for (const end of endings.splice(0)) end();
    return this.unexpected.splice(0);
  }

  /** The names of the activities that began, for one deployment or instance or environment whose id holds `about`. */
  began(about = ''): Name[] {
    return this.journal
      .filter(({ phase, input }) => phase === 'began' && isAbout(input, about))
      .map(({ name }) => name);
  }

  /** The instances that were started, in order. */
  get startedInstances(): string[] {
    return this.journal
      .filter(({ name, phase }) => name === 'startInstance' && phase === 'began')
      .map(({ input }) => String(input.instanceId));
  }

  #set<T extends object>(names: Record<keyof T, true>): T {
    const fakes = Object.keys(names).map((name) => [name, (...args: never[]) => this.#call(name as Name, args)]);
    return Object.fromEntries(fakes) as T; // the same keys, each with its own type
  }

  async #call(name: Name, args: never[]): Promise<unknown> {
    const run = Context.current().info.workflowExecution;
    if (run && this.#overRuns.has(run.runId)) throw ApplicationFailure.nonRetryable('the test of this run is over');
    const fake = this.#expected[name] as AnyActivity | undefined;
    if (!fake) {
      this.unexpected.push(name);
      throw ApplicationFailure.nonRetryable(`nobody expected ${name}`);
    }
    const input = ((args as unknown[])[0] ?? {}) as CallInput;
    this.journal.push({ name, phase: 'began', input });
    try {
      return await fake(...args);
    } finally {
      this.journal.push({ name, phase: 'ended', input });
    }
  }
}

function isAbout({ deploymentId, instanceId, environmentKey, spec }: CallInput, about: string): boolean {
  return (
    about === '' || [deploymentId, instanceId, environmentKey, spec?.deploymentId].some((id) => id?.includes(about))
  );
}

/** An activity as it fails with a code of the contract, not to be tried again. */
export const failure = (code: DeploymentCode, params: TextParams = {}): Error =>
  toFailure(new SlipwayError(code, storedMessage({ text: code, params })), 'en') as Error;

/** `Promise.withResolvers` of later Node versions. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** What ends activities that a test left in the middle: a worker waits for all of them. */
const endings: (() => void)[] = [];

/** An activity in the middle of its work, until the test lets it go. */
export class Held<T> {
  readonly #began = deferred<undefined>();
  readonly #cancelled = deferred<undefined>();
  readonly #end = deferred<T>();

  /** `heedless`: goes on although it is cancelled, as a tool that is slow to end does. */
  constructor(
    readonly heeds: 'heeds cancellation' | 'heedless' = 'heeds cancellation',
    readonly beat?: unknown,
  ) {
    endings.push(() => {
      this.fail(ApplicationFailure.nonRetryable('the test is over'));
    });
    this.#end.promise.catch(() => undefined); // it may never be asked for
  }

  /** It is under way. */
  get began(): Promise<unknown> {
    return this.#began.promise;
  }

  /** It has heard of its cancellation. */
  get cancelled(): Promise<unknown> {
    return this.#cancelled.promise;
  }

  letGo(result: T): void {
    this.#end.resolve(result);
  }

  fail(error: unknown): void {
    this.#end.reject(error);
  }

  readonly run = async (): Promise<T> => {
    const context = Context.current();
    const beat = setInterval(() => {
      context.heartbeat(this.beat);
    }, 50);
    try {
      const cancelled = context.cancelled.catch((error: unknown) => {
        this.#cancelled.resolve(undefined);
        throw error;
      });
      cancelled.catch(() => undefined);
      this.#began.resolve(undefined);
      return await (this.heeds === 'heedless' ? this.#end.promise : Promise.race([this.#end.promise, cancelled]));
    } finally {
      clearInterval(beat);
    }
  };
}

/** A host on which everything works at once. What it makes carries the deployment's id, so that a test can tell. */
export function workingHost(
  kind: AppKind = 'web',
): Omit<HostActivities, 'beatHost' | 'cleanHost' | 'routeService' | 'drainInstance'> {
  const done = (): Promise<void> => Promise.resolve();
  const applies = (mode: string) => (input: { deploymentId: string }) =>
    Promise.resolve({
      applies: true as const,
      environmentKey: `${mode}-${input.deploymentId}`,
      python: '/opt/python/bin/python3',
      pythonVersion: '3.11.9',
    });
  let port = 20_000;
  return {
    prepareRelease: ({ deploymentId }) =>
      Promise.resolve({ sourceHash: `source-of-${deploymentId}`, command: 'python main.py', kind }),
    checkDocker: applies('docker'),
    checkUv: applies('uv'),
    checkFallback: applies('fallback'),
    buildImage: done,
    installWithUv: done,
    installWithPip: done,
    configureContainer: done,
    configureRelease: done,
    discardRelease: done,
    discardEnvironment: done,
    discardImage: done,
    forgetService: done,
    checkIsolation: done,
    checkStartable: done,
    startInstance: ({ instanceId, preferPort }) => {
      const startedAt = new Date().toISOString();
      if (kind !== 'web') return Promise.resolve({ instanceId, startedAt });
      port += 1;
      return Promise.resolve({ instanceId, startedAt, port: preferPort ?? port });
    },
    awaitHealthy: done,
    stopStrays: done,
    stopInstance: ({ instanceId }) => Promise.resolve({ instanceId, alive: false, logTail: [] }),
  };
}

/** What a front proxy in front of that host adds: each new instance is behind it. */
export function frontedHost(port = 25_000): Pick<HostActivities, 'startInstance' | 'routeService' | 'drainInstance'> {
  const { startInstance } = workingHost();
  return {
    startInstance: async (input) => ({ ...(await startInstance(input)), behindFront: true }),
    routeService: () => Promise.resolve({ port, url: `http://front:${port}` }),
    drainInstance: () => Promise.resolve(),
  };
}

/** uv and pip work here, docker does not. */
export const placement: Pick<EntityActivities, 'placeDeployment'> = {
  placeDeployment: ({ request, service }) =>
    Promise.resolve({
      hostId: HOST,
      service: service ?? request.config.service ?? 'shop',
      source: request.config.source ?? { type: 'directory', path: '/srv/app' },
      managers: {
        docker: {
          status: 'unavailable',
          error: errorRecord('engine_unavailable', { params: { reason: 'no engine' } }),
        },
        uv: { status: 'available' },
        fallback: { status: 'available' },
      },
      language: 'en',
    }),
};
