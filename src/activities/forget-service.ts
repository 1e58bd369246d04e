// Removes the remaining files of an unregistered service.
import { join } from 'node:path';
import { dataGuard, formerDataWriters, serviceData, serviceHome, serviceLogDir } from '../contract/layout.js';
import { PING_MS } from './docker/engine-status.js';
import { heartbeating } from './heartbeating.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

export function createForgetService({ disk, engine }: Pick<Ports, 'disk' | 'engine'>, { layout, modes }: HostSettings) {
  return {
    /** Removes its releases, logs and network; with `purge` also its home and data. Missing files are no error. */
    forgetService({ service, purge }: { service: string; purge: boolean }): Promise<void> {
      const folders = [join(layout.releases, service), serviceLogDir(layout, service)];
      const outliving = [serviceHome, serviceData, dataGuard, formerDataWriters].map((path) => path(layout, service));
      return heartbeating(async () => {
        for (const folder of [...folders, ...(purge ? outliving : [])]) await disk.remove(folder);
        await removeNetwork(service);
      });
    },
  };

  /** If the engine is away, the daily clean-up removes the network. */
  async function removeNetwork(service: string): Promise<void> {
    if (!modes.includes('docker') || (await engine.status(PING_MS)).state === 'down') return;
    await engine.removeNetwork(service);
  }
}
