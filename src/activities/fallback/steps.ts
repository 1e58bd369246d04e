// The fallback mode: venv and pip, which come with Python. judge.ts derives the errors of pip.
import { join } from 'node:path';
import { errorRecord, type ErrorRecord } from '../../contract/errors.js';
import { releaseDir } from '../../contract/layout.js';
import type { CheckInput, CheckResult, ManagerStatus } from '../../contract/steps.js';
import { assertRoom } from '../disk-errors.js';
import { buildEnvironment, type Building, type InstallPorts } from '../environment-builder.js';
import { applies } from '../check-result.js';
import { heartbeating } from '../heartbeating.js';
import type { ModeSteps } from '../mode-steps.js';
import { choosePython } from '../project/choose-python.js';
import { readFacts, type ProjectFacts } from '../project/facts.js';
import { foreignSource } from '../project/foreign-source.js';
import { installSettings, unreadVariables, unsetVariables } from '../install-settings.js';
import { writePlainRequirements } from '../plain-requirements.js';
import { withScratch } from '../scratch.js';
import type { HostSettings } from '../settings.js';
import { judgePip } from './judge.js';
import {
  decidingFiles,
  installsSource,
  isEmpty,
  pipCalls,
  pipRecipe,
  unhashedGroups,
  type PipRecipe,
} from './recipe.js';

/** venv without pip takes a tenth of a second. */
const PROBE_TIMEOUT_MS = 10_000;
const INDEX_URL = 'PIP_INDEX_URL';
const OWN_REQUIREMENTS = 'slipway-requirements.txt';

const PIP_ENVIRONMENT = {
  PIP_NO_INPUT: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_PROGRESS_BAR: 'off',
  PIP_NO_COLOR: '1',
};

export function createFallback(ports: InstallPorts, settings: HostSettings) {
  const { disk, python, tools } = ports;

  const factsOf = (input: CheckInput): Promise<ProjectFacts> =>
    readFacts(ports, releaseDir(settings.layout, input.service, input.deploymentId), input);

  const steps: ModeSteps = {
    check: (input) => heartbeating((signal) => withScratch(disk, settings.layout, input, () => check(input, signal))),

    install: (input) =>
      buildEnvironment(ports, settings, input, async (building) => {
        const facts = await factsOf(input);
        const recipe = pipRecipe(facts, input);
        const withoutPip = isEmpty(recipe) ? ['--without-pip'] : []; // installing pip takes 6 s
        await writeRequirements(building, facts, recipe);
        await must(building, [input.python, '-I', '-m', 'venv', ...withoutPip, building.environment]);
        if (!isEmpty(recipe)) await installRecipe(building, facts, recipe, input);
      }),
  };

  async function check(input: CheckInput, signal: AbortSignal): Promise<CheckResult> {
    const facts = await factsOf(input);
    const recipe = pipRecipe(facts, input);
    const error = isEmpty(recipe) ? undefined : unfit(facts, recipe, input);
    if (error) return { applies: false, error };
    const wanted = {
      wish: input.release.python,
      from: input.release.pythonFrom,
      requires: facts.pyproject?.requiresPython,
      needsVenv: true,
    };
    const interpreter = choosePython(await python.list(), wanted);
    assertRoom(await disk.freeBytes(settings.layout.root));
    const files = decidingFiles(facts, recipe);
    return applies(
      ports,
      { mode: 'fallback', interpreter, recipe, files, installsSource: installsSource(facts, recipe) },
      input,
      settings,
      signal,
    );
  }

  function unfit(facts: ProjectFacts, recipe: PipRecipe, input: CheckInput): ErrorRecord | undefined {
    const { given, toolEnvironment } = installSettings(settings, input);
    return (
      foreignSource(facts, recipe.index) ??
      unhashedGroups(facts, recipe) ??
      (recipe.files.length > 0 ? unsetVariables(toolEnvironment, facts) : undefined) ??
      unreadVariables(given, 'pip')
    );
  }

  async function writeRequirements(building: Building, facts: ProjectFacts, recipe: PipRecipe): Promise<void> {
    const copy = join(building.copy, facts.member?.folder ?? '.');
    await writePlainRequirements(disk, copy, facts);
    await disk.writeAtomically(join(copy, OWN_REQUIREMENTS), `${recipe.requirements.join('\n')}\n`);
  }

  async function installRecipe(
    building: Building,
    facts: ProjectFacts,
    recipe: PipRecipe,
    input: CheckInput,
  ): Promise<void> {
    // -I: a pip.py or json.py of the project must not replace the real module
    const pip = [join(building.environment, 'bin', 'python'), '-I', '-m', 'pip'];
    for (const words of pipCalls(facts, recipe, OWN_REQUIREMENTS))
      await must(building, [...pip, ...words], indexOf(recipe, input));
  }

  /** Returns the index of the project. A setting of the deployment or the host takes precedence, as with uv. */
  function indexOf({ index }: PipRecipe, input: CheckInput): Record<string, string> {
    const { toolEnvironment } = installSettings(settings, input);
    return index === undefined || INDEX_URL in toolEnvironment ? {} : { [INDEX_URL]: index };
  }

  /** Creates a real environment and removes it. The interpreter's report already includes whether pip is available. */
  async function probeFallback(): Promise<ManagerStatus> {
    const interpreters = await python.list();
    const usable = interpreters.find(({ hasVenv }) => hasVenv);
    const versions = interpreters.map(({ version }) => version).join(', ') || '-';
    const error = errorRecord('python_unavailable', { params: { wanted: 'Python 3 + venv', found: versions } });
    if (!usable) return { status: 'unavailable', error };
    const trial = join(settings.layout.probes, String(process.pid));
    const options = { cwd: '/', env: { ...settings.toolEnvironment }, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) };
    const argv = [usable.path, '-I', '-m', 'venv', '--clear', '--without-pip', trial];
    const works = await tools.run(argv, options).then(
      ({ exitCode }) => exitCode === 0,
      () => false,
    );
    await disk.remove(trial);
    return works ? { status: 'available' } : { status: 'unavailable', error };
  }

  return { checkFallback: steps.check, installWithPip: steps.install, probeFallback };
}

async function must(
  { run }: Building,
  argv: readonly string[],
  environment: Record<string, string> = {},
): Promise<void> {
  const result = await run(argv, { ...PIP_ENVIRONMENT, ...environment });
  if (result.exitCode !== 0) throw judgePip(result);
}
