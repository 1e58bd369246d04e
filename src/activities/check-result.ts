import { decidingSettings } from '../contract/tool-environment.js';
import type { Mode } from '../contract/states.js';
import type { CheckInput, CheckResult } from '../contract/steps.js';
import type { InstallPorts } from './environment-builder.js';
import { chooseEnvironment } from './environment-choice.js';
import { keyOf } from './environment-key.js';
import { givenParts, installSettings } from './install-settings.js';
import type { Interpreter } from './ports/interpreter.js';
import type { HostSettings } from './settings.js';

/** The install that a mode plans for one project. */
export interface Intent {
  mode: Mode;
  interpreter: Interpreter;
  /** All inputs of the installer. */
  recipe: unknown;
  /** The texts that decide what is installed, by path. */
  files: Readonly<Record<string, string>>;
  /** True if code of the release itself gets into the environment. */
  installsSource: boolean;
}

/** Returns the result of a successful check: the interpreter, and the key of the environment to use or to build. */
export async function applies(
  ports: InstallPorts,
  { interpreter, installsSource, ...parts }: Intent,
  input: CheckInput,
  settings: HostSettings,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { appUser, toolEnvironment } = settings;
  const { path, version } = interpreter;
  const source = { hash: input.release.sourceHash, service: input.service };
  const wanted = {
    ...parts,
    platform: `${process.platform}-${process.arch}`,
    interpreter: { path, version },
    ...(installsSource && { source }),
    ...givenParts(installSettings(settings, input), source),
    hostSettings: decidingSettings(toolEnvironment),
    ...(appUser && { service: input.service }),
    ...(input.forceRebuild && { salt: input.deploymentId }),
  };
  const keyAfter = (broken: number): string => keyOf({ ...wanted, broken });
  const environmentKey = await chooseEnvironment(ports, settings, input, keyAfter, signal);
  return { applies: true, environmentKey, python: path, pythonVersion: version };
}
