// Which environment a deployment takes up, or builds. One that is there but doesn't work stays untouched, as a release may
// run in it all the same, and the install of the new one may fail. So the new one is built beside it, under a key of its
// own. The clean-up removes the old one when no release needs it any more.
import { environmentDir } from '../contract/layout.js';
import type { CheckInput } from '../contract/steps.js';
import { isComplete, type InstallPorts } from './environment-builder.js';
import { faultOf } from './environment-test.js';
import { mustBeIsolated } from './isolation.js';
import { sayInLog } from './run-logged.js';
import type { HostSettings } from './settings.js';
import { checkLog } from './working-copy.js';

/** The first key whose environment works, or is still to be built. `keyAfter` gives the key after so many that don't work. */
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
    mustBeIsolated(settings, input); // a build may have written what is run here
    const fault = await faultOf(ports, settings, { environment, service: input.service }, signal);
    if (fault === undefined) return key;
    await sayInLog(ports, log, `an environment that is there is left alone, and not used: ${fault}`);
  }
}
