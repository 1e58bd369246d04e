// The uv mode: check and install. judge.ts derives the errors of uv.
import { mustBeIsolated } from '../isolation.js';
import { join } from 'node:path';
import { errorRecord, SlipwayError, type ErrorRecord } from '../../contract/errors.js';
import { deploymentLock, releaseDir } from '../../contract/layout.js';
import type { CheckInput, CheckResult, InstallInput, ManagerStatus } from '../../contract/steps.js';
import { assertRoom } from '../disk-errors.js';
import { buildEnvironment, type Building, type InstallPorts } from '../environment-builder.js';
import { applies } from '../check-result.js';
import { heartbeating } from '../heartbeating.js';
import type { ModeSteps } from '../mode-steps.js';
import type { ToolOptions } from '../ports/tools.js';
import { trialUserOf } from '../ports/service-group.js';
import { choosePython } from '../project/choose-python.js';
import { readFacts, type ProjectFacts } from '../project/facts.js';
import { writePlainRequirements } from '../plain-requirements.js';
import { runLogged } from '../run-logged.js';
import { withScratch } from '../scratch.js';
import type { HostSettings } from '../settings.js';
import { checkLog, makeWorkingCopy } from '../working-copy.js';
import { installSettings, unreadVariables, unsetVariables } from '../install-settings.js';
import { isolate } from './isolate.js';
import { judgeUv } from './judge.js';
import { decidingFiles, installsSource, uvRecipe, type UvRecipe } from './recipe.js';

/** uv answers in milliseconds if it runs at all. */
const PROBE_TIMEOUT_MS = 5000;

/** The settings of every call: no download of interpreters, no progress bars, no colors. */
const UV_ENVIRONMENT = { UV_PYTHON_DOWNLOADS: 'never', UV_NO_PROGRESS: '1', NO_COLOR: '1' };

export function createUv(ports: InstallPorts, settings: HostSettings) {
  const { disk, python, tools } = ports;

  const steps: ModeSteps = {
    check: (input) => heartbeating((signal) => withScratch(disk, settings.layout, input, () => check(input, signal))),

    install: (input) =>
      buildEnvironment(ports, settings, input, async (building) => {
        const facts = await factsOf(input);
        const recipe = uvRecipe(facts, input);
        if (!('kind' in recipe)) throw new SlipwayError('internal', { params: { reason: 'install without a recipe' } });
        await isolate(ports, building.copy, facts);
        await installRecipe(building, facts, recipe, input);
      }),
  };

  async function check(input: CheckInput, signal: AbortSignal): Promise<CheckResult> {
    if (settings.uv === undefined) return { applies: false, error: uvMissing() };
    if (settings.appUser && !(await runs(settings.uv))) return { applies: false, error: uvFails(settings.uv) };
    const facts = await factsOf(input);
    const recipe = uvRecipe(facts, input);
    if (!('kind' in recipe)) return { applies: false, error: recipe };
    const error = unfit(facts, recipe, input);
    if (error) return { applies: false, error };
    const wanted = {
      wish: input.release.python,
      from: input.release.pythonFrom,
      requires: facts.pyproject?.requiresPython,
      needsVenv: false,
    };
    const interpreter = choosePython(await python.list(), wanted);
    assertRoom(await disk.freeBytes(settings.layout.root));
    if (input.environment === 'prod' && facts.lock !== undefined) {
      mustBeIsolated(settings, { ...input, mode: 'uv' }); // the check of a lock runs the builds of its packages
      // waits for a dead worker's attempt, which may still run in the same copy
      await tools.withLock(
        deploymentLock(settings.layout, input.deploymentId),
        (lock) => assertLockFits(input, facts, interpreter.path, { lock, signal }),
        signal,
      );
    }
    const files = decidingFiles(facts, recipe);
    return applies(
      ports,
      { mode: 'uv', interpreter, recipe, files, installsSource: installsSource(facts, recipe) },
      input,
      settings,
      signal,
    );
  }

  /** Returns an error if uv would ignore the deployment's build variables. */
  function unfit(facts: ProjectFacts, recipe: UvRecipe, input: CheckInput): ErrorRecord | undefined {
    if (recipe.kind === 'empty') return undefined;
    const { given, toolEnvironment } = installSettings(settings, input);
    if (recipe.kind === 'requirements') return unsetVariables(toolEnvironment, facts) ?? unreadVariables(given, 'uv');
    // A lock has the sources of all packages.
    return facts.lock === undefined ? unreadVariables(given, 'uv') : undefined;
  }

  const factsOf = (input: CheckInput): Promise<ProjectFacts> =>
    readFacts(ports, releaseDir(settings.layout, input.service, input.deploymentId), input);

  /**
   * Checks the lock. `prod` installs only locked and reviewed versions. The check runs in a copy, because a build of
   * metadata may write into the tree.
   */
  async function assertLockFits(
    input: CheckInput,
    facts: ProjectFacts,
    interpreter: string,
    held: Pick<ToolOptions, 'lock' | 'signal'>,
  ): Promise<void> {
    const { path, handOver, options } = await makeWorkingCopy(disk, settings, input);
    await isolate(ports, path, facts);
    await handOver();
    const log = checkLog(settings, input);
    const env = { ...options.env, ...UV_ENVIRONMENT };
    const argv = uvArgv(path, 'lock', '--check', '--python', interpreter);
    const result = await runLogged(ports, log, argv, { ...options, env, ...held });
    if (result.exitCode !== 0) throw judgeUv(result);
  }

  async function installRecipe(
    building: Building,
    facts: ProjectFacts,
    recipe: UvRecipe,
    input: InstallInput,
  ): Promise<void> {
    const { environment, copy } = building;
    const uv = async (...words: string[]): Promise<void> => {
      const env = { ...UV_ENVIRONMENT, UV_PROJECT_ENVIRONMENT: environment };
      const result = await building.run(uvArgv(copy, ...words), env);
      if (result.exitCode !== 0) throw judgeUv(result);
    };
    const pip = ['pip', 'install', '--python', join(environment, 'bin', 'python')];
    if (recipe.kind === 'project') {
      await uv('sync', '--no-editable', '--python', input.python, ...recipe.options);
      if (recipe.installsScripts) await uv(...pip, '--no-deps', join(copy, facts.member?.folder ?? '.'));
      return;
    }
    await writePlainRequirements(disk, copy, facts);
    await uv('venv', '--no-project', '--python', input.python, environment);
    if (recipe.kind === 'empty') return;
    await uv(...pip, ...recipe.files.flatMap((file) => ['-r', file]));
  }

  function uvArgv(directory: string, ...words: readonly string[]): string[] {
    if (settings.uv === undefined) throw new SlipwayError('tool_missing', { params: { tool: 'uv' } });
    return [settings.uv, '--directory', directory, ...words];
  }

  /** Runs the real program, because an existing file is no proof. */
  async function probeUv(): Promise<ManagerStatus> {
    if (settings.uv === undefined) return { status: 'unavailable', error: uvMissing() };
    if (await runs(settings.uv)) return { status: 'available' };
    return { status: 'unavailable', error: uvFails(settings.uv) };
  }

  function runs(uv: string): Promise<boolean> {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const user = trialUserOf(settings.appUser);
    const options = { cwd: '/', env: { ...settings.toolEnvironment }, ...(user && { user }), signal };
    return tools.run([uv, '--version'], options).then(
      ({ exitCode }) => exitCode === 0,
      () => false,
    );
  }

  /** Returns the error if uv fails. If only the apps' user can't run uv, the error names this user. */
  function uvFails(path: string): ErrorRecord {
    if (settings.appUser === undefined) return uvMissing();
    return errorRecord('tool_missing', { text: 'app_user.no_uv', params: { user: settings.appUser.name, path } });
  }

  return { checkUv: steps.check, installWithUv: steps.install, probeUv };
}

const uvMissing = () => errorRecord('tool_missing', { params: { tool: 'uv' } });
