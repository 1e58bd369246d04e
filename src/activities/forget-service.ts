// The last of a service that was unregistered.
import { join } from 'node:path';
import { dataWriters, serviceData, serviceHome, serviceLogDir } from '../contract/layout.js';
import { heartbeating } from './heartbeating.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

export function createForgetService({ disk }: Pick<Ports, 'disk'>, { layout }: HostSettings) {
  return {
    /** Its releases and logs; with `purge` also what outlives releases. That nothing is there is as good. */
    forgetService({ service, purge }: { service: string; purge: boolean }): Promise<void> {
      const folders = [join(layout.releases, service), serviceLogDir(layout, service)];
      const outliving = [serviceHome(layout, service), serviceData(layout, service), dataWriters(layout, service)];
      return heartbeating(async () => {
        for (const folder of [...folders, ...(purge ? outliving : [])]) await disk.remove(folder);
      });
    },
  };
}
