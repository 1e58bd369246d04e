// The permissions of apps in the data folder, if they run as a user of their own. Without this user, all files belong
// to Slipway's own user.
//
// All services share the user. So the files of a service are in a folder of root that only the group of the service may
// enter. In it, the files belong to the user.
import { dirname, join } from 'node:path';
import { environmentDir, releaseDir, serviceHome, temporaryDir } from '../contract/layout.js';
import type { AttemptRef, InstanceSpec } from '../contract/steps.js';
import type { DiskPort } from './ports/disk-port.js';
import type { Owner } from './ports/ownership.js';
import { serviceGroup } from './ports/service-group.js';
import type { HostSettings } from './settings.js';

/** The mode of folders that the service's group may enter and read, without creating entries. */
export const READ_BY_GROUP = 0o750;
/** The mode of a service's home and data, in which an app may create entries. */
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

    /**
     * Opens the attempt's temporary folder, and the home, where tools read settings and keep caches. Each service has
     * its own.
     */
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

    /**
     * Runs a build in an environment's folder. Afterwards the folder belongs to root again, and the service can only
     * read it.
     */
    async whileBuilding(service: string, environment: string, build: () => Promise<void>): Promise<void> {
      if (!appUser) return build();
      const group = serviceGroup(layout, service);
      await disk.guard(environment, WRITTEN_BY_GROUP, group);
      await build();
      await disk.guard(environment, CLOSED);
      await disk.takeBack(environment, group);
      await disk.guard(environment, READ_BY_GROUP, group);
    },

    /**
     * Opens a release immediately before the app, or its release command, runs in it. Nothing of the release may run
     * yet.
     */
    async openRelease({ service, deploymentId, environmentKey, folder = '.', persist = [] }: RunSpec): Promise<void> {
      const owner = ownerIn(service);
      if (!owner) return;
      const release = releaseDir(layout, service, deploymentId);
      await guardReleases(service);
      // It may have been built before this user existed.
      await disk.openToRead(environmentDir(layout, environmentKey), owner.gid);
      await disk.handOver(release, owner);
      // Parent folders may have been created for the paths.
      for (const { path } of persist) await disk.handOverAlong(release, join(folder, path), owner);
    },
  };

  /** Protects the folder of a service's releases. Called before anything of a release is written. */
  async function guardReleases(service: string): Promise<void> {
    if (appUser)
      await disk.guard(dirname(releaseDir(layout, service, '-')), READ_BY_GROUP, serviceGroup(layout, service));
  }

  /** Creates the home if it is missing. Files from a time without this user are given to the user first. */
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
