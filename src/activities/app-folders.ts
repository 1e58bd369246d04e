// What of the data folder apps get to see, where they run as a user of their own. Without one it is all Slipway's own.
//
// That user is the same for all services: so what belongs to one lies below a folder of root's that only its group may
// enter, and is given to the user within.
import { dirname, join } from 'node:path';
import { environmentDir, releaseDir, serviceHome, temporaryDir } from '../contract/layout.js';
import type { AttemptRef, InstanceSpec } from '../contract/steps.js';
import type { DiskPort } from './ports/disk-port.js';
import type { Owner } from './ports/ownership.js';
import { serviceGroup } from './ports/service-group.js';
import type { HostSettings } from './settings.js';

/** Entered and read by the service's group, which makes no entries there. */
export const READ_BY_GROUP = 0o750;
/** A service's home and data: an app makes entries there. */
export const WRITTEN_BY_GROUP = 0o770;
const CLOSED = 0o700;

type RunSpec = Pick<InstanceSpec, 'service' | 'deploymentId' | 'environmentKey' | 'folder' | 'persist'>;

export function createAppFolders(disk: DiskPort, { layout, appUser }: Pick<HostSettings, 'layout' | 'appUser'>) {
  const ownerIn = (service: string): Owner | undefined =>
    appUser && { uid: appUser.uid, gid: serviceGroup(layout, service) };

  return {
    ownerIn,
    guardReleases,
    openHome,

    /** The attempt's temporary folder, and the home, where tools look for settings and keep their caches: no other service's. */
    async openForInstall({
      service,
      deploymentId,
      attempt,
    }: Pick<AttemptRef, 'service' | 'deploymentId' | 'attempt'>): Promise<void> {
      if (!appUser) return;
      await disk.guard(temporaryDir(layout, deploymentId, attempt), READ_BY_GROUP, serviceGroup(layout, service));
      await openHome(service);
    },

    async handOver(service: string, path: string): Promise<void> {
      const owner = ownerIn(service);
      if (owner) await disk.handOver(path, owner);
    },

    /** Runs a build in an environment's folder, which is root's again afterwards, and only read by its service. */
    async whileBuilding(service: string, environment: string, build: () => Promise<void>): Promise<void> {
      if (!appUser) return build();
      const group = serviceGroup(layout, service);
      await disk.guard(environment, WRITTEN_BY_GROUP, group);
      await build();
      await disk.guard(environment, CLOSED);
      await disk.takeBack(environment, group);
      await disk.guard(environment, READ_BY_GROUP, group);
    },

    /** Right before the app, or its release command, runs in the release: nothing of it may run yet. */
    async openRelease({ service, deploymentId, environmentKey, folder = '.', persist = [] }: RunSpec): Promise<void> {
      const owner = ownerIn(service);
      if (!owner) return;
      const release = releaseDir(layout, service, deploymentId);
      await guardReleases(service);
      await disk.openToRead(environmentDir(layout, environmentKey), owner.gid); // built before there was such a user
      await disk.handOver(release, owner);
      for (const { path } of persist) await disk.handOverAlong(release, join(folder, path), owner); // parent folders that were created for it
    },
  };

  /** Before anything of a release is written. */
  async function guardReleases(service: string): Promise<void> {
    if (appUser)
      await disk.guard(dirname(releaseDir(layout, service, '-')), READ_BY_GROUP, serviceGroup(layout, service));
  }

  /** Made where there is none. What a Slipway without this user left there is given to it first. */
  async function openHome(service: string): Promise<void> {
    const home = serviceHome(layout, service);
    const owner = ownerIn(service);
    if (!owner) return disk.makeFolder(home);
    await disk.handOver(
      home,
      owner,
      (await disk.isGuarded(home, WRITTEN_BY_GROUP, owner.gid)) ? 'contents' : 'all_contents',
    );
    await disk.guard(home, WRITTEN_BY_GROUP, owner.gid);
  }
}
