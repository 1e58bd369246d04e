// Prepares a fixture and installs it in one of the process modes, as the deployment workflow does.
import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDiscardEnvironment } from '../../src/activities/discard-environment.js';
import { createFallback } from '../../src/activities/fallback/steps.js';
import { createPrepare } from '../../src/activities/prepare/index.js';
import { createUv } from '../../src/activities/uv/steps.js';
import { environmentDir } from '../../src/contract/layout.js';
import type { CheckInput, CheckResult, InstallInput } from '../../src/contract/steps.js';
import { buildVariable } from '../../src/secrets.js';
import { act, attemptRef, makeHost, prepareInput, writeFiles, type ActivityHost } from './activity-host.js';

export type ProcessMode = 'uv' | 'fallback';

export function modeSteps(host: Pick<ActivityHost, 'ports' | 'settings'>, mode: ProcessMode) {
  if (mode === 'fallback') {
    const { checkFallback, installWithPip } = createFallback(host.ports, host.settings);
    return { check: checkFallback, install: installWithPip };
  }
  const { checkUv, installWithUv } = createUv(host.ports, host.settings);
  return { check: checkUv, install: installWithUv };
}

/** A project of a test's own, or a fixture by name, with files changed in it. */
export interface Project {
  fixture?: string;
  files?: Record<string, string>;
  /** Packages of version 1.0 in `wheels/`, each with a module whose TEXT this is. */
  wheels?: Record<string, string>;
  /** Where in it the project is. */
  subdirectory?: string;
  check?: Partial<Omit<CheckInput, 'release'>>;
}

const WHEEL = `import os, sys, zipfile
folder, name, text = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
info = f"{name}-1.0.dist-info"
with zipfile.ZipFile(f"{folder}/{name}-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}/__init__.py", f"TEXT = {text!r}\\n")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;

/** A wheel of version 1.0, with a module whose TEXT this is. */
export function writeWheel(folder: string, name: string, text: string): void {
  execFileSync('python3', ['-c', WHEEL, folder, name, text]);
}

export async function prepareProject(
  host: ActivityHost,
  mode: ProcessMode,
  { fixture, files = {}, wheels = {}, subdirectory, check = {} }: Project,
): Promise<CheckInput> {
  const source = join(host.sources, attemptRef('source').deploymentId);
  if (fixture)
    await cp(fileURLToPath(new URL(`../fixtures/apps/${fixture}`, import.meta.url)), source, { recursive: true });
  await writeFiles(source, files);
  for (const [name, text] of Object.entries(wheels)) writeWheel(join(source, 'wheels'), name, text);
  const ref = attemptRef(check.service ?? 'shop', mode);
  const { prepareRelease } = createPrepare(host.ports, host.settings);
  const release = await act(() =>
    prepareRelease(prepareInput({ type: 'directory', path: source, subdirectory }, {}, ref)),
  );
  return { ...ref, release, environment: 'staging', forceRebuild: false, ...check };
}

export function mustApply(result: CheckResult): Extract<CheckResult, { applies: true }> {
  if (!result.applies) throw new Error(`does not apply: ${JSON.stringify(result.error)}`);
  return result;
}

export async function checkProject(host: ActivityHost, mode: ProcessMode, project: Project): Promise<InstallInput> {
  const input = await prepareProject(host, mode, project);
  return { ...input, ...mustApply(await act(() => modeSteps(host, mode).check(input))) };
}

/** As the API seals what a request gives to its builds. */
export const sealedForBuild = (
  { settings }: ActivityHost,
  variables: Record<string, string>,
  service = 'shop',
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      settings.secrets.seal(value, { service, name: buildVariable(name) }),
    ]),
  );

/** Installs, and gives a function that runs Python code in the environment. */
export async function install(mode: ProcessMode, project: Project, given?: ActivityHost) {
  const host = given ?? (await makeHost());
  const input = await checkProject(host, mode, project);
  await act(() => modeSteps(host, mode).install(input));
  const environment = environmentDir(host.at, input.environmentKey);
  const python = (code: string): string =>
    execFileSync(join(environment, 'bin', 'python'), ['-c', code], { cwd: '/', encoding: 'utf8' }).trim();
  const { discardEnvironment } = createDiscardEnvironment(host.ports, host.settings);
  return { host, input, environment, python, discard: () => act(() => discardEnvironment(input)) };
}
