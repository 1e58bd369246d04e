// The host's daily round: what no service owns and nobody is working on is removed.
import { join } from 'node:path';
import { uploadRecord } from '../contract/layout.js';
import { heartbeating } from './heartbeating.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

type CleaningPorts = Pick<Ports, 'disk' | 'entities' | 'processes'>;

/** What services own: their kept releases, and the environments of these. */
interface Owned {
  releases: Set<string>;
  environments: Set<string>;
}

export function createCleaning(ports: CleaningPorts, settings: HostSettings) {
  const { disk, entities, processes } = ports;
  const { layout } = settings;

  return {
    /** Does nothing while a deployment is in flight: what that one made belongs to nobody yet. */
    cleanHost(): Promise<void> {
      return heartbeating(async (signal) => {
        if (await entities.isDeploying()) return;
        const owned = await readOwned(ports);
        signal.throwIfAborted();
        // An app may run that no service knows of any more (its workflow was terminated): nothing is pulled from under it.
        if (await allAreOwned(owned)) {
          await cleanReleases(owned);
          await cleanEnvironments(owned);
        }
        await cleanUploads();
      });
    },
  };

  async function allAreOwned({ releases }: Owned): Promise<boolean> {
    for (const instanceId of await processes.listInstances()) {
      const record = await processes.readRecord(instanceId);
      if (record && !releases.has(record.deploymentId)) return false;
    }
    return true;
  }

  async function cleanReleases({ releases }: Owned): Promise<void> {
    for (const service of await disk.list(layout.releases)) {
      const folder = join(layout.releases, service.name);
      for (const { name } of await disk.list(folder)) {
        if (!releases.has(name.replace(/\.manifest\.json$/, ''))) await disk.remove(join(folder, name));
      }
    }
  }

  async function cleanEnvironments({ environments }: Owned): Promise<void> {
    for (const { name } of await disk.list(layout.environments)) {
      if (!environments.has(name)) await disk.remove(join(layout.environments, name));
    }
  }

  async function cleanUploads(): Promise<void> {
    for (const { name } of await disk.list(layout.uploads)) {
      if (name.startsWith('.')) continue; // still on its way
      const [uploadId = ''] = name.split('.');
      const record = await disk.readText(uploadRecord(layout, uploadId));
      const { expires_at: expiresAt = '' } =
        record === undefined ? {} : (JSON.parse(record) as { expires_at?: string });
      if (expiresAt < new Date().toISOString()) await disk.remove(join(layout.uploads, name));
    }
  }
}

async function readOwned({ entities }: CleaningPorts): Promise<Owned> {
  const owned: Owned = { releases: new Set(), environments: new Set() };
  for (const service of await entities.readServices()) {
    for (const { release, environment_key: key } of service.releases) {
      owned.releases.add(release);
      owned.environments.add(key);
    }
  }
  return owned;
}
