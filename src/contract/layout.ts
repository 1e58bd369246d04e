// Ids -> paths below the data folder (contract §10, architecture §6). Pure: touches no disk.
import type { Mode } from './states.js';

export interface Layout {
  root: string;
  adminKey: string;
  keys: string;
  /** Codes that browsers trade for a session. */
  loginCodes: string;
  /** When each key was used last. */
  keyUses: string;
  /** What each key with a budget has started lately. */
  keyStarts: string;
  /** Where earlier versions kept them. */
  keysFile: string;
  auditLog: string;
  workerMetrics: string;
  secretKey: string;
  callbackSecret: string;
  /** Which private networks git may reach where no setting says. */
  gitNetworks: string;
  hostId: string;
  /** Which changes of upgrades the operator was told. */
  announced: string;
  startLock: string;
  startState: string;
  /** Held by the worker for as long as it lives. */
  workerLock: string;
  readyFile: string;
  temporalDatabase: string;
  temporalVersion: string;
  /** There while the embedded server has not yet served on its database. */
  temporalUnfinished: string;
  /** Configuration and certificates of the embedded server. */
  temporalFiles: string;
  /** How Temporal's own programs reach it: `TEMPORAL_CONFIG_FILE` names it. */
  temporalProfile: string;
  releases: string;
  environments: string;
  /** Which deployments took up which environment or image: a folder for each, with a file for each deployment. */
  environmentUses: string;
  instances: string;
  uploads: string;
  /** Which steps run at this moment, one file each: see `activities/step-guard.ts`. */
  begunSteps: string;
  /** How workers ended, one file each. */
  workerEnds: string;
  logs: string;
  homes: string;
  data: string;
  locks: string;
  /** Which group number belongs to which service, where apps have a user of their own. */
  groups: string;
  temporary: string;
  /** Where probes try things out: not a deployment's leavings. */
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

/** The release's source tree. */
export const releaseDir = (at: Layout, service: string, deployment: string): string =>
  `${at.releases}/${service}/${deployment}`;

interface AppPlace {
  service: string;
  deploymentId: string;
  /** Of a member of a workspace: where in the release it is. */
  folder?: string;
}

/** The app's working folder. */
export const appDir = (at: Layout, { service, deploymentId, folder }: AppPlace): string =>
  `${releaseDir(at, service, deploymentId)}${folder === undefined ? '' : `/${folder}`}`;

/** The list of a release's own files, so that a later snapshot leaves out what the app wrote beside them. */
export const releaseManifest = (at: Layout, service: string, deployment: string): string =>
  `${at.releases}/${service}/${deployment}.manifest.json`;

/** What the release brought at persisted paths, where links into the service's data folder stand now. */
export const releaseBrought = (at: Layout, service: string, deployment: string): string =>
  `${at.releases}/${service}/${deployment}.brought`;

/** The list of the persisted paths that were linked in a release: what stands there instead of a link is the app's doing. */
export const releaseLinks = (at: Layout, service: string, deployment: string): string =>
  `${at.releases}/${service}/${deployment}.links.json`;

export const environmentDir = (at: Layout, key: string): string => `${at.environments}/${key}`;
export const environmentKey = (mode: Mode, digest: string): string => `${mode}-${digest.slice(0, 32)}`;
export const environmentLock = (at: Layout, key: string): string => `${at.locks}/environment-${key}`;
export const environmentUses = (at: Layout, key: string): string => `${at.environmentUses}/${key}`;
export const deploymentLock = (at: Layout, deployment: string): string => `${at.locks}/deployment-${deployment}`;

export const instanceDir = (at: Layout, instance: string): string => `${at.instances}/${instance}`;
export const serviceHome = (at: Layout, service: string): string => `${at.homes}/${service}`;
/** What outlives the service's releases: the same in every release and mode. Removed by nobody but its owner's wish. */
export const serviceData = (at: Layout, service: string): string => `${at.data}/${service}`;
/**
 * What `serviceData` leads into. Beside it, as no service's name has a dot. No container sees this folder itself, so nobody
 * but Slipway makes, moves or replaces an entry of it.
 */
export const dataGuard = (at: Layout, service: string): string => `${at.data}/${service}.data`;
export const dataFiles = (at: Layout, service: string): string => `${dataGuard(at, service)}/files`;
/** The folders that images make volumes of, each apart from the files, so that it can be mounted from here. */
export const dataVolumes = (at: Layout, service: string): string => `${dataGuard(at, service)}/volumes`;
/** The list of the paths that they stand at. */
export const dataVolumeList = (at: Layout, service: string): string => `${dataGuard(at, service)}/volumes.json`;
export const dataLock = (at: Layout, service: string): string => `${at.locks}/data-${service}`;
/** Who may have written there since all of it was opened to everybody. */
export const dataWriters = (at: Layout, service: string): string => `${dataGuard(at, service)}/writers.json`;
/** Where earlier versions kept that. */
export const formerDataWriters = (at: Layout, service: string): string => `${at.data}/${service}.writers.json`;
/** Where its data is made ready, under its lock: no app and no container sees it. */
export const dataStaging = (at: Layout, service: string): string => `${at.temporary}/.data-${service}`;
/** The service that a temporary folder of this name is the staging of; none for an attempt's, which has a dot in it. */
export const stagedService = (name: string): string | undefined => /^\.data-([a-z0-9-]+)$/.exec(name)?.[1];
export const uploadFile = (at: Layout, upload: string): string => `${at.uploads}/${upload}.tar.gz`;
/** What is known of an upload, beside it. */
export const uploadRecord = (at: Layout, upload: string): string => `${at.uploads}/${upload}.json`;
/** Written by the worker when a deployment was prepared from an upload: it holds the deployment's id. */
export const uploadUse = (at: Layout, upload: string, digest: string): string =>
  `${at.uploads}/${upload}.used-${digest}`;
/** The upload that a file of this name is about the use of. */
export const usedUpload = (name: string): string | undefined => /^(up_[0-9a-f]+)\.used-[0-9a-f]+$/.exec(name)?.[1];
export const temporaryDir = (at: Layout, deployment: string, attempt: number): string =>
  `${at.temporary}/${deployment}.${attempt}`;

export const deploymentLogs = (at: Layout): string => `${at.logs}/deployments`;
/** NDJSON `{ts,step,stream,line}`; readers resume by byte offset. */
export const deploymentLog = (at: Layout, deployment: string): string => `${deploymentLogs(at)}/${deployment}.ndjson`;
export const serviceLogs = (at: Layout): string => `${at.logs}/services`;
export const serviceLogDir = (at: Layout, service: string): string => `${serviceLogs(at)}/${service}`;
/** One file per instance (`{ts,stream,line}`), rotated by its keeper; a service's log is their succession. */
export const instanceLog = (at: Layout, service: string, instance: string): string =>
  `${serviceLogDir(at, service)}/${instance}.ndjson`;

/**
 * Whether a source folder may be deployed. All three must be real paths (links resolved):
 * a source may lie only in a configured root, and never be, hold or lie in the data folder.
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
