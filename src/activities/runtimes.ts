// The runtimes of this host's apps.
import type { InstancePort } from './ports/instance-port.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

/** Returns the runtimes. A host without docker must not query an engine, which may deny access or be stuck. */
export function runtimesOf(
  { processes, containers }: Pick<Ports, 'processes' | 'containers'>,
  { modes }: Pick<HostSettings, 'modes'>,
): Pick<InstancePort<never>, 'listInstances' | 'readRecord'>[] {
  return modes.includes('docker') ? [processes, containers] : [processes];
}
