import { decidingSettings } from '../contract/tool-environment.js';
import type { Mode } from '../contract/states.js';
import type { CheckInput, CheckResult } from '../contract/steps.js';
import { keyOf } from './environment-key.js';
import { givenParts, installSettings } from './install-settings.js';
import type { Interpreter } from './ports/interpreter.js';
import type { HostSettings } from './settings.js';

/** What a mode is going to do for one project. */
export interface Intent {
  mode: Mode;
  interpreter: Interpreter;
  /** Everything the installer is told. */
  recipe: unknown;
  /** Texts that decide what is installed, by path. */
  files: Readonly<Record<string, string>>;
  /** Whether code of the release itself gets into the environment. */
  installsSource: boolean;
}

/** The answer of a check that found a way: the interpreter, and the key of the environment that will be built. */
export function applies(
  { interpreter, installsSource, ...parts }: Intent,
  input: CheckInput,
  settings: HostSettings,
): CheckResult {
  const { appUser, toolEnvironment } = settings;
  const { path, version } = interpreter;
  const source = { hash: input.release.sourceHash, service: input.service };
  const environmentKey = keyOf({
    ...parts,
    platform: `${process.platform}-${process.arch}`,
    interpreter: { path, version },
    ...(installsSource && { source }),
    ...givenParts(installSettings(settings, input), source),
    hostSettings: decidingSettings(toolEnvironment),
    ...(appUser && { service: input.service }),
    ...(input.forceRebuild && { salt: input.deploymentId }),
  });
  return { applies: true, environmentKey, python: path, pythonVersion: version };
}
