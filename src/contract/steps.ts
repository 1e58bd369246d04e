// What workflows hand to activities and get back: plain JSON, made for one side and read by the other.
import type { ErrorRecord } from './errors.js';
import type { PersistedPath } from './persist.js';
import type { Source, StartRequest } from './requests.js';
import type { AppKind, Environment, Isolation, Language, Mode } from './states.js';

/** The service's last source, taken from a release that is still kept. */
export interface SnapshotSource {
  type: 'snapshot';
  release: string;
}

/** A start request as a deployment works with it, every default filled in. */
export interface OpenedRequest {
  request: StartRequest;
  /** Why it may not run. Where the input is no request at all, `request` holds the defaults. */
  refused?: ErrorRecord;
}

/** One attempt of one deployment: the key under which every step is repeatable. */
export interface AttemptRef {
  deploymentId: string;
  service: string;
  /** 1, 2, 3: the position in the mode plan. */
  attempt: number;
  mode: Mode;
}

export interface ManagerStatus {
  status: 'available' | 'unavailable';
  /** Why it is unavailable: rendered at the edge. */
  error?: ErrorRecord;
}
export type Managers = Record<Mode, ManagerStatus>;

/** What is known before the first attempt: where it runs, from which source, and what runs there now. */
export interface Placement {
  hostId: string;
  service: string;
  source: Source | SnapshotSource;
  /** What the service was registered as, where somebody said so. */
  startAs?: AppKind;
  managers: Managers;
  /** Its service runs in containers, and the request asks for no other mode: no other is tried. */
  staysInContainers?: true;
  /** Name of the user that processes of apps run as; absent from earlier versions. */
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

/** The version of a project whose build backend takes it from git's tags. */
export interface BuildVersion {
  value: string;
  /** The variable by which its backend is told it. */
  variable: string;
}

/** A source snapshot on the host's disk, and what was read off it. */
export interface Release {
  /** SHA-256 over paths, modes and contents, and what stands below. */
  sourceHash: string;
  /** Git commit, when the source has one. */
  revision?: string;
  /** Where the app is in it, when it is a member of a uv workspace: the release is the whole workspace. */
  folder?: string;
  /** What only the git repository knew; absent where nothing asks for it, or it can't be told. */
  version?: BuildVersion;
  command: string;
  releaseCommand?: string;
  kind: AppKind;
  /** A port the app insists on; else Slipway chooses one for a web app. */
  port?: number;
  /** Interpreter wish: `3.11`, or a specifier set such as `>=3.10,<3.13`. */
  python?: string;
  /** Where that stands. */
  pythonFrom?: 'config.python' | '[tool.slipway] python' | '.python-version' | 'requires-python';
  /** What outlives it; absent when nothing does. */
  persist?: PersistedPath[];
}

/** What a container may use at most. */
export interface Resources {
  memory_mb?: number;
  cpus?: number;
}

export interface CheckInput extends AttemptRef {
  release: Release;
  environment: Environment;
  profile?: string;
  forceRebuild: boolean;
  /** What the service demands, beside the host; absent from earlier versions. */
  isolation?: Isolation;
  /** As the request asks for them; absent from earlier versions. */
  resources?: Resources;
  /** What installs it is given: name -> sealed value. Absent where nothing is. */
  buildVariables?: Record<string, string>;
}

/** A mode either can run this project (and says how) or cannot, and says why. */
export type CheckResult =
  | { applies: true; environmentKey: string; python: string; pythonVersion: string }
  | { applies: false; error: ErrorRecord };

export interface InstallInput extends CheckInput {
  environmentKey: string;
  /** Absolute path of the interpreter that `check` chose. Empty in docker, where the image brings its own. */
  python: string;
}

export interface HealthSpec {
  path: string;
  /** Accepted codes; without it any below 500. */
  expect?: number[];
  timeoutMs: number;
  intervalMs: number;
  minUptimeMs: number;
  /** Start and switch without a check. */
  skip: boolean;
}

/** How often, and after what wait, an app that ends is started again. */
export interface RestartPolicy {
  /** Restarts in any 24 hours, 1 to 1,000. Commands and deployments don't count. */
  maxPerDay: number;
  /** The longest wait between an end and the next start, while the budget lasts. */
  backoffMaxMs: number;
}

/** All that is needed to start an app again at any later time, on the same host. Values are sealed. */
export interface InstanceSpec {
  service: string;
  deploymentId: string;
  mode: Mode;
  environment: Environment;
  environmentKey: string;
  /** Empty: the CMD of the project's own Dockerfile. */
  command: string;
  /** As in `Release`. */
  folder?: string;
  kind: AppKind;
  port?: number;
  /** Limits of a container. */
  resources?: Resources;
  /** Name -> sealed value. */
  variables: Record<string, string>;
  /** Names of those that are no secrets; absent from earlier versions, and where there are none. */
  plainVariables?: string[];
  /** What of its folder lives in the service's data folder. Absent when nothing does. */
  persist?: PersistedPath[];
  health: HealthSpec;
  /** Absent where the request leaves it to the defaults. */
  restart?: RestartPolicy;
}

export interface ConfigureInput extends AttemptRef {
  spec: InstanceSpec;
  releaseCommand?: string;
  /** What the service demands, beside the host; absent from earlier versions. */
  isolation?: Isolation;
}

/** One run of an app. `instanceId` is unique for ever; the same id is never started twice. */
export interface InstanceRef {
  instanceId: string;
  spec: InstanceSpec;
}

/** Enough to find an instance: where it runs follows from its mode. */
export interface InstanceKey {
  instanceId: string;
  mode: Mode;
}

export interface StartInstanceInput extends InstanceRef {
  /** A port to prefer when it is free: that of the instance before it. */
  preferPort?: number;
  /** What the service demands, beside the host. */
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
  /** Its host has a front proxy, and the app may stand behind it. */
  behindFront?: true;
}

/**
 * A web app whose port Slipway chooses. It may run twice for a moment, and may stand behind a front proxy; a bot, or an
 * app that insists on its port, can do neither.
 */
export const isPortChosen = ({ kind, port }: Pick<InstanceSpec, 'kind' | 'port'>): boolean =>
  kind === 'web' && port === undefined;

/** Where a service is reached whatever instance serves it. */
export interface FrontAddress {
  /** Of the service for ever. */
  port: number;
  url: string;
}

export interface HealthyInput extends InstanceRef {
  port?: number;
  /** Copies the app's own lines into the deployment's log while it is tried. */
  logInto?: { deploymentId: string };
}

export interface InstanceExit {
  /** Exit code, or null when a signal ended it. */
  code: number | null;
  signal: string | null;
  at: string;
  /** `keeper_lost`: its keeper was killed, so how the app ended is not known. */
  reason: 'exited' | 'stopped' | 'keeper_lost' | 'out_of_memory';
}

/** The last lines an instance wrote, masked, and how it ended when it has. */
export interface InstanceObservation {
  instanceId: string;
  alive: boolean;
  exit?: InstanceExit;
  logTail: string[];
}
