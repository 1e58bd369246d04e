// Where this host's apps run.
import type { InstancePort } from './ports/instance-port.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

/** A host that does not offer docker does not ask for an engine: it may be one that denies itself, or is stuck. */
export function runtimesOf(
  { processes, containers }: Pick<Ports, 'processes' | 'containers'>,
  { modes }: Pick<HostSettings, 'modes'>,
): Pick<InstancePort<never>, 'listInstances' | 'readRecord'>[] {
  return modes.includes('docker') ? [processes, containers] : [processes];
}
