// The paths in the data folder, by id. Doesn't access the disk.
import type { Mode } from './states.js';

export interface Layout {
  root: string;
  adminKey: string;
  keys: string;
  /** Codes that browsers exchange for a session. */
  loginCodes: string;
  /** The time when each key was last used. */
  keyUses: string;
  /** The recent deployments of each key that has a budget. */
  keyStarts: string;
  /** The location of keys in earlier versions. */
  keysFile: string;
  auditLog: string;
  workerMetrics: string;
  secretKey: string;
  callbackSecret: string;
  /** The file that says whether git may access private networks if no setting names networks: `private` or `public`. */
  gitNetworks: string;
  hostId: string;
  /** The ids of the upgrade notices that were already shown. */
  announced: string;
  startLock: string;
  startState: string;
  /** Held by the worker until its process ends. */
  workerLock: string;
  readyFile: string;
  temporalDatabase: string;
  temporalVersion: string;
  /** Exists until the embedded server has first served with its database. */
  temporalUnfinished: string;
  /** The configuration and certificates of the embedded server. */
  temporalFiles: string;
  /** The connection profile for Temporal's own programs. `TEMPORAL_CONFIG_FILE` names this file. */
  temporalProfile: string;
  releases: string;
  environments: string;
  /**
   * The deployments that use each environment or image: one folder for each environment, with one file for each
   * deployment.
   */
  environmentUses: string;
  instances: string;
  uploads: string;
  /** The steps that are running, one file each (see `activities/step-guard.ts`). */
  begunSteps: string;
  /** How workers ended, one file each. */
  workerEnds: string;
  logs: string;
  homes: string;
  data: string;
  locks: string;
  /** The group id of each service, if apps run as their own user. */
  groups: string;
  temporary: string;
  /** Temporary files of probes, kept apart from the files of deployments. */
  probes: string;
}

export function layout(root: string): Layout {
  return {
    root,
    adminKey: `${root}/admin.key`,
    keys: `${root}/keys`,
    loginCodes: `${root}/login-codes`,
    keyUses: `${root}/key-uses`,
    keyStarts: `${root}/key-starts`,
    keysFile: `${root}/keys.json`,
    auditLog: `${root}/audit.log`,
    workerMetrics: `${root}/worker-metrics.address`,
    secretKey: `${root}/secret.key`,
    callbackSecret: `${root}/callback.key`,
    gitNetworks: `${root}/git-networks`,
    hostId: `${root}/host.id`,
    announced: `${root}/announced.json`,
    startLock: `${root}/start.lock`,
    startState: `${root}/start.json`,
    workerLock: `${root}/worker.lock`,
    readyFile: `${root}/ready.json`,
    temporalDatabase: `${root}/temporal.db`,
    temporalVersion: `${root}/temporal.version`,
    temporalUnfinished: `${root}/temporal.unfinished`,
    temporalFiles: `${root}/temporal`,
    temporalProfile: `${root}/temporal/temporal.toml`,
    releases: `${root}/releases`,
    environments: `${root}/environments`,
    environmentUses: `${root}/environment-uses`,
    instances: `${root}/instances`,
    uploads: `${root}/uploads`,
    begunSteps: `${root}/begun-steps`,
    workerEnds: `${root}/worker-ends`,
    logs: `${root}/logs`,
    homes: `${root}/homes`,
    data: `${root}/data`,
    locks: `${root}/locks`,
    groups: `${root}/groups`,
    temporary: `${root}/tmp`,
    probes: `${root}/probes`,
  };
}

/** The folder with the release's source tree. */
export const releaseDir = (at: Layout, service: string, deployment: string): string =>
  `${at.releases}/${service}/${deployment}`;

interface AppPlace {
  service: string;
  deploymentId: string;
  /** The path of the app inside the release, if the app is a member of a workspace. */
  folder?: string;
}

/** The app's working folder. */
export const appDir = (at: Layout, { service, deploymentId, folder }: AppPlace): string =>
  `${releaseDir(at, service, deploymentId)}${folder === undefined ? '' : `/${folder}`}`;

/**
 * The list of the files that belong to a release. A later snapshot uses this list to exclude files that the app wrote.
 */
export const releaseManifest = (at: Layout, service: string, deployment: string): string =>
  `${at.releases}/${service}/${deployment}.manifest.json`;

/** The release's own content at persisted paths. These paths are now links into the service's data folder. */
export const releaseBrought = (at: Layout, service: string, deployment: string): string =>
  `${at.releases}/${service}/${deployment}.brought`;

/**
 * The list of the persisted paths that were linked in a release. If a path is no longer a link, the app replaced it.
 */
export const releaseLinks = (at: Layout, service: string, deployment: string): string =>
  `${at.releases}/${service}/${deployment}.links.json`;

export const environmentDir = (at: Layout, key: string): string => `${at.environments}/${key}`;
export const environmentKey = (mode: Mode, digest: string): string => `${mode}-${digest.slice(0, 32)}`;
export const environmentLock = (at: Layout, key: string): string => `${at.locks}/environment-${key}`;
export const environmentUses = (at: Layout, key: string): string => `${at.environmentUses}/${key}`;
export const deploymentLock = (at: Layout, deployment: string): string => `${at.locks}/deployment-${deployment}`;

export const instanceDir = (at: Layout, instance: string): string => `${at.instances}/${instance}`;
export const serviceHome = (at: Layout, service: string): string => `${at.homes}/${service}`;
/** The data of a service that outlives its releases, the same in every release and mode. Only a purge removes it. */
export const serviceData = (at: Layout, service: string): string => `${at.data}/${service}`;
/**
 * The folder that `serviceData` points into. Service names contain no dot, so the path can't collide with another
 * service. No container mounts this folder itself, so only Slipway creates, moves or replaces its entries.
 */
export const dataGuard = (at: Layout, service: string): string => `${at.data}/${service}.data`;
export const dataFiles = (at: Layout, service: string): string => `${dataGuard(at, service)}/files`;
/**
 * The folders that images declare as volumes. Each folder is separate from the files, so that it can be mounted by
 * itself.
 */
export const dataVolumes = (at: Layout, service: string): string => `${dataGuard(at, service)}/volumes`;
/** The list of the volumes' paths in the container. */
export const dataVolumeList = (at: Layout, service: string): string => `${dataGuard(at, service)}/volumes.json`;
export const dataLock = (at: Layout, service: string): string => `${at.locks}/data-${service}`;
/** The users that may have written to the data since all of it was made accessible to everybody. */
export const dataWriters = (at: Layout, service: string): string => `${dataGuard(at, service)}/writers.json`;
/** The location of `dataWriters` in earlier versions. */
export const formerDataWriters = (at: Layout, service: string): string => `${at.data}/${service}.writers.json`;
/**
 * The folder in which the service's data is prepared, under the data lock. No app and no container can access this
 * folder.
 */
export const dataStaging = (at: Layout, service: string): string => `${at.temporary}/.data-${service}`;
/**
 * Returns the service whose data is prepared in a temporary folder of this name, or undefined. Folders of attempts have
 * a dot in their name and don't match.
 */
export const stagedService = (name: string): string | undefined => /^\.data-([a-z0-9-]+)$/.exec(name)?.[1];
export const uploadFile = (at: Layout, upload: string): string => `${at.uploads}/${upload}.tar.gz`;
/** The metadata of an upload. */
export const uploadRecord = (at: Layout, upload: string): string => `${at.uploads}/${upload}.json`;
/** Written by the worker when a deployment was prepared from an upload. Holds the deployment's id. */
export const uploadUse = (at: Layout, upload: string, digest: string): string =>
  `${at.uploads}/${upload}.used-${digest}`;
/** Returns the id of the upload that a use file of this name belongs to. */
export const usedUpload = (name: string): string | undefined => /^(up_[0-9a-f]+)\.used-[0-9a-f]+$/.exec(name)?.[1];
export const temporaryDir = (at: Layout, deployment: string, attempt: number): string =>
  `${at.temporary}/${deployment}.${attempt}`;

export const deploymentLogs = (at: Layout): string => `${at.logs}/deployments`;
/** The log of a deployment, as NDJSON `{ts,step,stream,line}`. Readers resume by byte offset. */
export const deploymentLog = (at: Layout, deployment: string): string => `${deploymentLogs(at)}/${deployment}.ndjson`;
export const serviceLogs = (at: Layout): string => `${at.logs}/services`;
export const serviceLogDir = (at: Layout, service: string): string => `${serviceLogs(at)}/${service}`;
/**
 * The log of an instance, as NDJSON `{ts,stream,line}`, rotated by the instance's keeper. A service's log is the
 * sequence of its instances' logs.
 */
export const instanceLog = (at: Layout, service: string, instance: string): string =>
  `${serviceLogDir(at, service)}/${instance}.ndjson`;

/**
 * Validates a source folder. All three arguments must be real paths, with links resolved. A source must be inside a
 * configured root. A source must not be, contain or be inside the data folder.
 */
export function judgeSourcePath(
  source: string,
  roots: readonly string[],
  dataDir: string,
): 'ok' | 'outside_roots' | 'data_folder' {
  const holds = (outer: string, inner: string): boolean =>
    inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
  if (holds(source, dataDir) || holds(dataDir, source)) return 'data_folder';
  return roots.some((root) => holds(root, source)) ? 'ok' : 'outside_roots';
}
