// The inputs and results of activities, as plain JSON.
import type { ErrorRecord } from './errors.js';
import type { PersistedPath } from './persist.js';
import type { Source, StartRequest } from './requests.js';
import type { AppKind, Environment, Isolation, Language, Mode } from './states.js';

/** The last source of the service, taken from a kept release. */
export interface SnapshotSource {
  type: 'snapshot';
  release: string;
}

/** A start request with all defaults filled in, as a deployment uses it. */
export interface OpenedRequest {
  request: StartRequest;
  /** The reason why the request is refused. If the input isn't a valid request, `request` has the defaults. */
  refused?: ErrorRecord;
}

/** One attempt of a deployment. This key makes every step repeatable. */
export interface AttemptRef {
  deploymentId: string;
  service: string;
  /** The position in the mode plan, from 1. */
  attempt: number;
  mode: Mode;
}

export interface ManagerStatus {
  status: 'available' | 'unavailable';
  /** The reason why the mode is unavailable. The API and the CLI render its text. */
  error?: ErrorRecord;
}
export type Managers = Record<Mode, ManagerStatus>;

/** The facts known before the first attempt: the host, the source, and the available modes. */
export interface Placement {
  hostId: string;
  service: string;
  source: Source | SnapshotSource;
  /** The kind that the service was registered as, if it was set. */
  startAs?: AppKind;
  managers: Managers;
  /** True if the active release runs in docker and the request doesn't choose a mode. Then no other mode is tried. */
  staysInContainers?: true;
  /** The name of the user that processes of apps run as. Absent from earlier versions. */
  processUser?: string;
  language: Language;
}

export interface PrepareInput extends AttemptRef {
  source: Source | SnapshotSource;
  request: StartRequest;
  /** As in `Placement`. */
  startAs?: AppKind;
  staysInContainers?: true;
}

/** The version of a project whose build backend derives it from git tags. */
export interface BuildVersion {
  value: string;
  /** The variable that passes the version to the build backend. */
  variable: string;
}

/** A snapshot of the source on the host's disk, and the facts read from it. */
export interface Release {
  /** SHA-256 of the paths, modes and contents, and of the fields below. */
  sourceHash: string;
  /** The git commit, if the source has one. */
  revision?: string;
  /** The app's folder in the release, if the app is a member of a uv workspace. The release is the whole workspace. */
  folder?: string;
  /** The version from git tags. Absent if the project doesn't need it, or it can't be determined. */
  version?: BuildVersion;
  command: string;
  releaseCommand?: string;
  kind: AppKind;
  /** The fixed port of the app. If absent, Slipway chooses a port for a web app. */
  port?: number;
  /** The requested Python version: `3.11`, or a specifier set such as `>=3.10,<3.13`. */
  python?: string;
  /** The source of the requested Python version. */
  pythonFrom?: 'config.python' | '[tool.slipway] python' | '.python-version' | 'requires-python';
  /** The paths that outlive the release. Absent if there are none. */
  persist?: PersistedPath[];
}

/** The resource limits of a container. */
export interface Resources {
  memory_mb?: number;
  cpus?: number;
}

export interface CheckInput extends AttemptRef {
  release: Release;
  environment: Environment;
  profile?: string;
  forceRebuild: boolean;
  /** The isolation that the service requires, in addition to the host's. Absent from earlier versions. */
  isolation?: Isolation;
  /** The resources in the request. Absent from earlier versions. */
  resources?: Resources;
  /** The variables for the installer: name -> sealed value. Absent if there are none. */
  buildVariables?: Record<string, string>;
}

/** The mode can run this project, or the reason why it can't. */
export type CheckResult =
  | { applies: true; environmentKey: string; python: string; pythonVersion: string }
  | { applies: false; error: ErrorRecord };

export interface InstallInput extends CheckInput {
  environmentKey: string;
  /** The absolute path of the interpreter that `check` chose. Empty for docker, because the image has its own. */
  python: string;
}

export interface HealthSpec {
  path: string;
  /** The accepted status codes. Default: any code below 500. */
  expect?: number[];
  timeoutMs: number;
  intervalMs: number;
  minUptimeMs: number;
  /** Starts and switches without a health check. */
  skip: boolean;
}

/** The maximum number of restarts of an app that ends, and the wait before each restart. */
export interface RestartPolicy {
  /** The restarts in any 24 hours, from 1 to 1,000. Commands and deployments don't count. */
  maxPerDay: number;
  /** The longest wait between an end and the next start, until `maxPerDay` is reached. */
  backoffMaxMs: number;
}

/** All information needed to start an app again later on the same host. Values are sealed. */
export interface InstanceSpec {
  service: string;
  deploymentId: string;
  mode: Mode;
  environment: Environment;
  environmentKey: string;
  /** Empty: the CMD of the project's Dockerfile. */
  command: string;
  /** As in `Release`. */
  folder?: string;
  kind: AppKind;
  port?: number;
  /** The resource limits of a container. */
  resources?: Resources;
  /** Name -> sealed value. */
  variables: Record<string, string>;
  /** The names of variables that aren't secrets. Absent from earlier versions, and if there are none. */
  plainVariables?: string[];
  /** The paths that are stored in the service's data folder. Absent if there are none. */
  persist?: PersistedPath[];
  health: HealthSpec;
  /** Absent if the request doesn't set it; the defaults apply. */
  restart?: RestartPolicy;
}

export interface ConfigureInput extends AttemptRef {
  spec: InstanceSpec;
  releaseCommand?: string;
  /** The isolation that the service requires, in addition to the host's. Absent from earlier versions. */
  isolation?: Isolation;
}

/** One run of an app. `instanceId` is permanently unique; an id is never started twice. */
export interface InstanceRef {
  instanceId: string;
  spec: InstanceSpec;
}

/** Identifies an instance. The mode determines where it runs. */
export interface InstanceKey {
  instanceId: string;
  mode: Mode;
}

export interface StopInstanceInput extends InstanceKey {
  /** Set if the service's data is removed next. What the app saved is then not copied out of its container. */
  discardsData?: boolean;
}

export interface StopStraysInput extends Pick<StopInstanceInput, 'discardsData'> {
  service: string;
  /** Instances that stay. */
  keep: string[];
}

export interface StartInstanceInput extends InstanceRef {
  /** The preferred port, if it is free: the port of the previous instance. */
  preferPort?: number;
  /** The isolation that the service requires, in addition to the host's. */
  isolation?: Isolation;
}

export interface IsolationInput {
  service: string;
  mode: Mode;
  isolation?: Isolation;
}

export interface StartableInput {
  spec: InstanceSpec;
  isolation?: Isolation;
}

export interface StartedInstance {
  instanceId: string;
  /** Set for a web app. */
  port?: number;
  startedAt: string;
  /** True if the host has a front proxy and the app may run behind it. */
  behindFront?: true;
}

/**
 * Returns true for a web app whose port Slipway chooses. A web app with a chosen port can have two instances for a
 * moment, and can run behind a front proxy. A bot, or an app with a fixed port, can do neither.
 */
export const isPortChosen = ({ kind, port }: Pick<InstanceSpec, 'kind' | 'port'>): boolean =>
  kind === 'web' && port === undefined;

/** The address of a service on the front proxy, whatever instance is active. */
export interface FrontAddress {
  /** The permanent port of the service. */
  port: number;
  url: string;
}

export interface HealthyInput extends InstanceRef {
  port?: number;
  /** Copies the app's output to the deployment's log during the health check. */
  logInto?: { deploymentId: string };
}

export interface InstanceExit {
  /** The exit code, or null if the process ended by a signal. */
  code: number | null;
  signal: string | null;
  at: string;
  /** `keeper_lost`: the keeper was killed, so the exit status of the app is unknown. */
  reason: 'exited' | 'stopped' | 'keeper_lost' | 'out_of_memory';
}

/** The last lines that an instance printed, with secrets masked, and its exit if it has ended. */
export interface InstanceObservation {
  instanceId: string;
  alive: boolean;
  exit?: InstanceExit;
  logTail: string[];
}
