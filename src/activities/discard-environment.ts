import { discardUnfinished, type InstallPorts } from './environment-builder.js';
import type { HostSettings } from './settings.js';

export function createDiscardEnvironment(ports: InstallPorts, settings: HostSettings) {
  return {
    /** Undoes an install in any mode. It never removes a complete environment, because another release may use it. */
    discardEnvironment: ({ environmentKey }: { environmentKey: string }): Promise<void> =>
      discardUnfinished(ports, settings, environmentKey),
  };
}
