// Chooses the environment that a deployment uses or builds. An environment that exists but doesn't work isn't changed,
// because a release may run in it, and the new install may fail. The new environment gets its own key. The clean-up
// removes the old one when no release needs it.
import { environmentDir } from '../contract/layout.js';
import type { CheckInput } from '../contract/steps.js';
import { isComplete, type InstallPorts } from './environment-builder.js';
import { faultOf } from './environment-test.js';
import { mustBeIsolated } from './isolation.js';
import { sayInLog } from './run-logged.js';
import type { HostSettings } from './settings.js';
import { checkLog } from './working-copy.js';

/**
 * Returns the first key whose environment works, or isn't built yet. `keyAfter` returns the key after the given number
 * of environments that don't work.
 */
export async function chooseEnvironment(
  ports: InstallPorts,
  settings: HostSettings,
  input: CheckInput,
  keyAfter: (broken: number) => string,
  signal: AbortSignal,
): Promise<string> {
  const log = checkLog(settings, input);
  for (let broken = 0; ; broken += 1) {
    const key = keyAfter(broken);
    const environment = environmentDir(settings.layout, key);
    if (!(await isComplete(ports.disk, environment))) return key;
    mustBeIsolated(settings, input); // a build may have written the program that runs here
    const fault = await faultOf(ports, settings, { environment, service: input.service }, signal);
    if (fault === undefined) return key;
    await sayInLog(ports, log, `an environment that is there is left alone, and not used: ${fault}`);
  }
}
