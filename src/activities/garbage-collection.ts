// The host's daily clean-up: removes files, images and networks without an owner.
//
// Deployments continue meanwhile. A deployment is at the gate from before its first step until after its end. If it
// completed, its service then owns what it made. A deployment makes and uses its items only under their locks. So the
// clean-up checks owners under these locks, the gate first. A deployment at the gate may use the item. A deployment
// that ended before is visible in its service. A later deployment waits for the lock, and then finds nothing. The
// environments and images that a deployment at the gate uses are recorded on disk (environment-uses.ts).
import { basename, join } from 'node:path';
import { dataLock, deploymentLock, environmentLock, environmentUses, stagedService } from '../contract/layout.js';
import { PING_MS } from './docker/engine-status.js';
import { forgetUses, readUses, usersOf } from './environment-uses.js';
import { heartbeating } from './heartbeating.js';
import { inTurn } from './in-turn.js';
import type { Ports } from './ports/index.js';
import { LABELS } from './ports/docker/labels.js';
import { runtimesOf } from './runtimes.js';
import type { HostSettings } from './settings.js';
import { createSweeps } from './sweeps.js';

type CleaningPorts = Pick<Ports, 'disk' | 'entities' | 'processes' | 'containers' | 'engine' | 'tools'>;

/** The items that must stay. */
interface Needed {
  inFlight: Set<string>;
  /** Releases of services, of running apps, and of deployments at the gate. */
  releases: Set<string>;
  /** Environments of services, and those that deployments at the gate use. */
  environments: Set<string>;
  /** True if any environment may be in use without a record. */
  anyEnvironment: boolean;
  /** The services that have a release of a deployment at the gate on this host. */
  deployed: Set<string>;
}

interface Item {
  /** Unique among the items. */
  name: string;
  paths: string[];
  /** The lock that is held while the item is made or used. */
  lock: string;
  isNeeded: (needed: Needed) => boolean;
}

/** The prefix of folders that are being removed. No attempt's folder has it. */
const REMOVED = '.removed-';

const keyIn = (tag: string): string => tag.split(':').at(-1) ?? '';

const isEnvironmentNeeded = (key: string, { environments, anyEnvironment }: Needed): boolean =>
  anyEnvironment || environments.has(key);

export function createGarbageCollection(ports: CleaningPorts, settings: HostSettings) {
  const { disk, entities, engine, tools } = ports;
  const { layout, hostId, modes } = settings;
  const sweeps = createSweeps(ports, settings);

  return {
    cleanHost(): Promise<void> {
      return heartbeating((signal) =>
        inTurn(
          [finishRemoval, cleanItems, cleanImages, cleanNetworks, cleanUses, ...sweeps],
          (part) => part(signal),
          signal,
        ),
      );
    },
  };

  /** Completes the removals of an earlier clean-up that was killed. */
  async function finishRemoval(): Promise<void> {
    for (const { name } of await disk.list(layout.temporary)) {
      if (name.startsWith(REMOVED)) await disk.remove(join(layout.temporary, name));
    }
  }

  async function cleanItems(signal: AbortSignal): Promise<void> {
    const items = [...(await releases()), ...(await environments()), ...(await temporaryFolders())];
    const needed = await readNeeded();
    const unneeded = items.filter(({ isNeeded }) => !isNeeded(needed));
    await inTurn(unneeded, (item) => removeUnlessNeeded(item, signal), signal);
  }

  async function removeUnlessNeeded(item: Item, signal: AbortSignal): Promise<void> {
    const takenTo = await tools.ifFree(
      item.lock,
      async () => (item.isNeeded(await readNeeded()) ? undefined : takeAway(item)),
      signal,
    );
    if (takenTo !== undefined) await disk.remove(takenTo);
  }

  /**
   * Moves an item away with one rename per path. A partly removed environment would still have the mark that it is
   * complete.
   */
  async function takeAway({ name, paths }: Item): Promise<string> {
    const to = join(layout.temporary, `${REMOVED}${name}`);
    await disk.makeClosedFolder(to);
    for (const path of paths) {
      if (await disk.exists(path)) await disk.rename(path, join(to, basename(path)));
    }
    return to;
  }

  /** Removes only Slipway's own images. The engine refuses to remove an image that a container uses. */
  async function cleanImages(signal: AbortSignal): Promise<void> {
    if (!modes.includes('docker') || (await engine.status(PING_MS)).state === 'down') return;
    const needed = await readNeeded();
    await engine.removeCommands({ [LABELS.host]: hostId }, (deploymentId) => !needed.inFlight.has(deploymentId));
    const tags = await engine.imageTags({ [LABELS.host]: hostId });
    const unneeded = tags.filter((tag) => !isEnvironmentNeeded(keyIn(tag), needed));
    await inTurn(unneeded, (tag) => removeImageUnlessNeeded(tag, signal), signal);
    const { deployed, anyEnvironment } = await readNeeded();
    if (deployed.size > 0 || anyEnvironment) return; // a deployment may be building on an image that has no tag yet
    await engine.pruneUntagged({ [LABELS.host]: hostId });
  }

  async function removeImageUnlessNeeded(tag: string, signal: AbortSignal): Promise<void> {
    const key = keyIn(tag);
    await tools.ifFree(
      environmentLock(layout, key),
      async () => {
        if (!isEnvironmentNeeded(key, await readNeeded())) await engine.removeImage(tag);
      },
      signal,
    );
  }

  /** Removes the records of ended deployments. */
  async function cleanUses(signal: AbortSignal): Promise<void> {
    const keys = [...(await readUses(disk, layout)).keys()];
    await inTurn(keys, (key) => tools.ifFree(environmentLock(layout, key), () => forgetOver(key), signal), signal);
  }

  async function forgetOver(key: string): Promise<void> {
    const users = await usersOf(disk, layout, key);
    const { inFlight } = await readNeeded();
    const over = users.filter((id) => !inFlight.has(id));
    await forgetUses(disk, layout, key, over);
    if (over.length === users.length) await disk.remove(environmentUses(layout, key));
  }

  /**
   * Removes the networks of services that no longer exist. A deployment at the gate may have created a network for a
   * service that doesn't exist yet.
   */
  async function cleanNetworks(): Promise<void> {
    if (!modes.includes('docker') || (await engine.status(PING_MS)).state === 'down') return;
    const networked = await engine.networkedServices();
    const { deployed } = await readNeeded();
    for (const service of networked) {
      if (deployed.has(service)) continue;
      if ((await entities.readService(service)) === undefined) await engine.removeNetwork(service);
    }
  }

  async function releases(): Promise<Item[]> {
    const items = new Map<string, Item>();
    for (const service of await servicesHere()) {
      const folder = join(layout.releases, service);
      for (const { name } of await disk.list(folder)) {
        const id = name.replace(/\.(manifest\.json|links\.json|brought).*$/, '');
        const lock = deploymentLock(layout, id);
        const item = items.get(id) ?? { name: id, paths: [], lock, isNeeded: ({ releases }) => releases.has(id) };
        items.set(id, { ...item, paths: [...item.paths, join(folder, name)] });
      }
    }
    return [...items.values()];
  }

  async function environments(): Promise<Item[]> {
    const entries = await disk.list(layout.environments);
    return entries.map(({ name }) => ({
      name,
      paths: [join(layout.environments, name)],
      lock: environmentLock(layout, name),
      isNeeded: (needed) => isEnvironmentNeeded(name, needed),
    }));
  }

  /**
   * Returns the folders of attempts (`<deployment>.<attempt>`) and of services' data. Their locks are held for as long
   * as the folders are needed.
   */
  async function temporaryFolders(): Promise<Item[]> {
    const entries = (await disk.list(layout.temporary)).filter(({ name }) => !name.startsWith(REMOVED));
    return entries.map(({ name }) => {
      const id = name.replace(/\.\d+$/, '');
      const paths = [join(layout.temporary, name)];
      const service = stagedService(name);
      if (service !== undefined) return { name, paths, lock: dataLock(layout, service), isNeeded: () => false };
      return { name, paths, lock: deploymentLock(layout, id), isNeeded: ({ inFlight }) => inFlight.has(id) };
    });
  }

  async function readNeeded(): Promise<Needed> {
    const inFlight = new Set(await entities.readInFlight()); // first, see the comment above
    const serviceNames = await servicesHere();
    const services = await Promise.all(serviceNames.map((service) => entities.readService(service)));
    const kept = services.flatMap((service) => service?.releases ?? []);
    const owned = new Set(kept.map(({ release }) => release));
    const running = await runningReleases();
    const uses = [...(await readUses(disk, layout))];
    const takenUp = uses.filter(([, users]) => users.some((id) => inFlight.has(id)));
    const recorded = new Set(uses.flatMap(([, users]) => users));
    const deployed = await deployedHere(serviceNames, inFlight);
    return {
      inFlight,
      releases: new Set([...owned, ...running, ...inFlight]),
      environments: new Set([...kept.map(({ environment_key: key }) => key), ...takenUp.map(([key]) => key)]),
      // True if a deployment on this host has no record (none yet, or from a worker of an earlier version). Also true
      // if an app runs whose release no service owns.
      anyEnvironment: deployed.some(({ id }) => !recorded.has(id)) || running.some((release) => !owned.has(release)),
      deployed: new Set(deployed.map(({ service }) => service)),
    };
  }

  /** Returns the deployments at the gate that have a release on this host. */
  async function deployedHere(
    services: readonly string[],
    inFlight: ReadonlySet<string>,
  ): Promise<{ service: string; id: string }[]> {
    const pending = services.map(async (service) => {
      const releases = await disk.list(join(layout.releases, service));
      return releases.flatMap(({ name: id }) => (inFlight.has(id) ? [{ service, id }] : []));
    });
    return (await Promise.all(pending)).flat();
  }

  /**
   * Returns every service with releases on this host. Each is then read by itself, because a list of all services lags
   * behind.
   */
  async function servicesHere(): Promise<string[]> {
    const entries = await disk.list(layout.releases);
    return entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
  }

  /**
   * Returns the releases of running apps. An app may run without a service, if the workflow of the service was
   * terminated. Its files must stay.
   */
  async function runningReleases(): Promise<string[]> {
    const running = runtimesOf(ports, settings).map(async (runtime) => {
      const ids = await runtime.listInstances();
      return Promise.all(ids.map((instanceId) => runtime.readRecord(instanceId)));
    });
    const records = (await Promise.all(running)).flat();
    return records.flatMap((record) => (record ? [record.deploymentId] : []));
  }
}
