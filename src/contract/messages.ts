// The names and types of signals, queries and updates between workflows, and from the API. The workflows have the
// handlers.
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ErrorRecord } from './errors.js';
import type { StartRequest } from './requests.js';
import type { FrontAddress, InstanceExit, InstanceSpec } from './steps.js';
import type {
  AppKind,
  EndedStatus,
  Health,
  Mode,
  ServiceCommandName,
  ServiceKind,
  ServiceType,
  StopReason,
  Isolation,
} from './states.js';
import type { TextKey, TextParams } from './texts.js';
import type { BatchState } from './batches.js';
import type { CallbackBody, Delivery } from './callbacks.js';
import type { DeploymentState, ProgressBody, ServiceEvent, ServiceRow, ServiceView, StatusBody } from './views.js';

/** The details of a rejected update. The error's type has the code. */
export interface Refused {
  /** The key of the error text, if it differs from the code. */
  text?: TextKey;
  params: TextParams;
  /** The request field that is wrong. */
  path?: string;
}

// --- gate ---------------------------------------------------------------------------------------------------------

export interface AdmitInput {
  deploymentId: string;
  /** Secrets are sealed. */
  request: StartRequest;
  service: string;
  /**
   * A keyed digest of everything that decides how the app runs, including unencrypted values. If the digest is equal,
   * there is nothing to do.
   */
  configMac: string;
  /**
   * The caller's deadline in epoch ms, by Temporal's clock. The gate rejects later admissions, because the caller no
   * longer waits for an answer.
   */
  answerBy: number;
  /** Scoped by API key. `bodyMac` covers the unsealed body, because sealed values differ each time. */
  idempotency?: { hash: string; bodyMac: string };
}

export interface AdmitAnswer {
  deploymentId: string;
  status: 'accepted' | 'queued';
  startTime: string;
  estimatedSeconds: number;
  queuePosition?: number;
}

/** The stored answer of an idempotency key. */
export interface KeptAnswer {
  bodyMac: string;
  answer: AdmitAnswer;
}

/** Sent to a deployment with its slot. */
export interface Admission {
  /** The order of all admissions. An older deployment never replaces a newer one. */
  sequence: number;
  admittedAt: string;
  /** The deployment waits in the queue and will receive a `slotGranted` signal. */
  queued: boolean;
  queuePosition?: number;
  estimates: Partial<Record<Mode, number>>;
}

/** The admission of a deployment that was started through the API. */
export interface ApiAdmission extends Admission {
  service: string;
  configMac: string;
}

/** The input of a deployment in a batch. The deployment requests its slot itself. */
export interface Enrolment {
  batchId: string;
  service: string;
  configMac: string;
}

export interface SlotRequest {
  deploymentId: string;
  whenFull: 'reject' | 'queue';
  service?: string;
  /** Cancels the older unfinished deployments of the service immediately. */
  supersede?: boolean;
}

export interface DeploymentEnded {
  deploymentId: string;
  status: EndedStatus;
  /** Only for completed deployments: false if there was nothing to do. */
  changed?: boolean;
  service: string | null;
  mode: Mode | null;
  durationSeconds: number;
  at: string;
}

export interface GateCounters {
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** The sum over completed deployments, for the average. */
  completedSeconds: number;
}

export interface GateLoad {
  limit: number;
  active: string[];
  queued: string[];
  /**
   * Deployments that ended in the last minutes, newest first. Temporal's visibility may still show these deployments as
   * running.
   */
  recentlyEnded: string[];
  counters: GateCounters;
}

/**
 * The names of external services. `revision` counts the registry's changes, because signals may arrive out of order.
 */
export interface OutsideNames {
  names: string[];
  revision: number;
}

export const admitUpdate = defineUpdate<AdmitAnswer, [AdmitInput]>('admit');
export const configureGateSignal = defineSignal<[{ limit: number }]>('configure');
export const requestSlotSignal = defineSignal<[SlotRequest]>('requestSlot');
export const endedSignal = defineSignal<[DeploymentEnded]>('ended');
export const loadQuery = defineQuery<GateLoad>('load');

/**
 * The details of a rejected `clock` update: epoch ms by Temporal's clock. The update is always rejected, because a
 * rejected update leaves no trace in the history.
 */
export interface ShownTime {
  nowMs: number;
}
export const CLOCK_REFUSAL = 'clock';
export const clockUpdate = defineUpdate<never>('clock');
/** Supersedes all unfinished deployments of a service that is being unregistered. */
export const supersedeSignal = defineSignal<[{ service: string }]>('supersede');
/** Sets the external services, whose deployments are rejected immediately. */
export const outsideSignal = defineSignal<[OutsideNames]>('outside');
/** Returns the answer for the hash of `AdmitInput.idempotency`, or null if the key wasn't used recently. */
export const usedKeyQuery = defineQuery<KeptAnswer | null, [hash: string, nowMs?: number]>('usedKey');

// --- deployment ---------------------------------------------------------------------------------------------------

/** The input is optional: `temporal workflow signal --name cancel` sends none. */
export const cancelSignal = defineSignal<[{ by?: StopReason }?]>('cancel');
export const slotGrantedSignal = defineSignal<[Admission]>('slotGranted');
export const slotRefusedSignal = defineSignal<[ErrorRecord]>('slotRefused');
export const activationEndedSignal = defineSignal<[ActivationEnded]>('activationEnded');

/** The response bodies of the status and progress endpoints, in the deployment's language. */
export const statusQuery = defineQuery<StatusBody>('status');
export const progressQuery = defineQuery<ProgressBody>('progress');
/** The state that both bodies are built from. The API adds the current time and the caller's language. */
export const viewQuery = defineQuery<DeploymentState>('view');

// --- service ------------------------------------------------------------------------------------------------------

export interface ReleaseRecord {
  /** The id of the deployment that created the release. */
  release: string;
  sequence: number;
  createdAt: string;
  sourceHash: string;
  revision?: string;
  /** The user who requested the deployment, from its metadata. */
  deployedBy?: string;
  /**
   * The source and configuration as one text. If two texts are equal, there is nothing to do. Absent if the text can't
   * be determined.
   */
  fingerprint?: string;
  /** The persisted paths, as in the service's view. `spec` has the same paths with their kinds. */
  persist: string[];
  spec: InstanceSpec;
}

export interface Activation {
  type: 'activate';
  /** Unique per deployment and attempt. */
  activationId: string;
  hostId: string;
  release: ReleaseRecord;
}
/** Cancels an activation that hasn't switched yet, even if the activation arrives later. */
export interface CancelActivation {
  type: 'cancelActivation';
  activationId: string;
  deploymentId: string;
}
/**
 * Confirms that the active release equals the new one. The service records the sequence, so that deployments accepted
 * earlier can't replace the release.
 */
export interface Confirmation {
  type: 'confirm';
  activationId: string;
  deploymentId: string;
  sequence: number;
  /** The fingerprint that the active release must have. */
  fingerprint: string;
}
/** An operator's command. The service's events have its result, with its id. */
export interface Operation {
  type: 'operate';
  commandId: string;
  command: ServiceCommandName;
  /** The release to roll back to. Default: the previous active release. */
  release?: string;
  /** The time of acceptance in epoch ms. The latest among operations and admissions wins. */
  acceptedAt: number;
}
/** Sets the service's registration. The latest registration wins. */
export interface Configuration {
  type: 'configure';
  registration: Registration;
}
/**
 * Unregisters the service. The service stops its app and removes its files. Its data is removed only if `purge` is
 * true.
 */
export interface Retirement {
  type: 'retire';
  purge: boolean;
  /**
   * The host to clean up if the service itself doesn't have one, because its workflow was started again without its
   * state.
   */
  hostId: string;
  /** Epoch ms. Services that were created later are not affected. */
  acceptedAt: number;
}
export type ServiceCommand = Activation | CancelActivation | Confirmation | Operation | Configuration | Retirement;

export type ActivationOutcome =
  | { kind: 'activated'; url?: string }
  | { kind: 'failed'; error: ErrorRecord }
  | { kind: 'superseded' }
  /** The result of a confirmation if another release is active now. */
  | { kind: 'changed' }
  | { kind: 'cancelled' };

export interface ActivationEnded {
  activationId: string;
  outcome: ActivationOutcome;
}

/** A change that the watcher detected in an instance. Sent once per change. */
export type InstanceNews =
  | { kind: 'exited'; instanceId: string; exit: InstanceExit }
  | { kind: 'health'; instanceId: string; health: Health; at: string }
  /** The front proxy had lost the route, and the route was restored. */
  | { kind: 'routed'; instanceId: string; address: FrontAddress };

/** A text by its key. */
export interface OutsideReason {
  text: TextKey;
  params: TextParams;
}

/** A signal about a service or its dependencies, from the watcher or the registry. */
export type Observation =
  | InstanceNews
  /**
   * From the watcher, for an external service. `healthUrl` is the address that was checked. `reason` says why the
   * service isn't healthy.
   */
  | { kind: 'outside'; healthUrl: string; health: Health; reason?: OutsideReason; hostId?: string }
  /** From the registry: the dependencies that aren't healthy. A later revision replaces an earlier one. */
  | { kind: 'dependencies'; ailing: string[]; revision: number };

export const commandSignal = defineSignal<[ServiceCommand]>('command');
export const observedSignal = defineSignal<[Observation]>('observed');
export const describeQuery = defineQuery<ServiceView>('describe');
/** Returns the instances that should run: the active instance, and the candidate beside it or in its place. */
export const wantedQuery = defineQuery<string[]>('wanted');
/** Returns the events, oldest first. */
export const eventsQuery = defineQuery<ServiceEvent[]>('events');

// --- registry -----------------------------------------------------------------------------------------------------

/** The registration of a service. */
export interface Registration {
  /** Counted by the registry. A later registration replaces an earlier one. */
  revision: number;
  /** Applies until the first release determines the kind. */
  kind: ServiceKind;
  /** The kind that releases are started as, if it was set at registration. */
  startAs?: AppKind;
  type: ServiceType;
  dependsOn: string[];
  /** If absent, the host decides. */
  isolation?: Isolation;
  /** The URL that the watcher checks. Only for external services. */
  healthUrl?: string;
  /**
   * The host that watches an external service first. Set by earlier versions. The watching host later reports itself.
   */
  hostId?: string;
}

/** A change of the registry. The change is either rejected, or durable when the call returns. */
interface RegistryAsk {
  name: string;
  /** The caller's deadline in epoch ms, by Temporal's clock. */
  answerBy: number;
  /**
   * Created by the caller. If a call gets no answer, the caller uses the token to find out whether the call was
   * accepted.
   */
  token: string;
}
export interface RegisterInput extends RegistryAsk {
  registration: Omit<Registration, 'revision'>;
}
export interface PatchInput extends RegistryAsk {
  changes: Partial<Pick<Registration, 'type' | 'dependsOn' | 'healthUrl' | 'isolation'>>;
}
export interface UnregisterInput extends RegistryAsk {
  force: boolean;
  purge: boolean;
  /** The host to clean up if the registry doesn't have the service's host. */
  hostId: string;
}

export const registerUpdate = defineUpdate<Registration, [RegisterInput]>('register');
export const patchUpdate = defineUpdate<Registration, [PatchInput]>('patch');
export const unregisterUpdate = defineUpdate<null, [UnregisterInput]>('unregister');
export const rowSignal = defineSignal<[ServiceRow]>('row');
/** Sent by an unregistered service after it removed everything. */
export const retiredSignal = defineSignal<[{ name: string }]>('retired');
/** Returns the services that changed last, most recent last. */
export const rowsQuery = defineQuery<ServiceRow[]>('rows');
/** Returns the same services, or only a mark if nothing changed since the caller's mark. */
export const newRowsQuery = defineQuery<NewRows, [mark: string | null]>('newRows');
/** Returns the external services, and the host that watches each of them. */
export const outsideQuery = defineQuery<Outside[]>('outside');

export interface NewRows {
  /** Identifies the current state of the rows. */
  mark: string;
  /** Absent if the rows haven't changed since the caller's mark. */
  recent?: RecentServices;
}

/** The recent changes, which the list in Temporal's visibility may not show yet. */
export interface RecentServices {
  /** The services that changed last, most recent last. */
  rows: ServiceRow[];
  /** The names of removed services. */
  left: string[];
  /** True if `rows` has all services, so that no other list is needed. */
  areAll: boolean;
}

/** The fields of a service that a registry reads when it starts without its state. */
export type RegistryRow = Pick<
  ServiceRow,
  | 'name'
  | 'kind'
  | 'type'
  | 'status'
  | 'health'
  | 'host'
  | 'depends_on'
  | 'isolation'
  | 'health_url'
  | 'start_as'
  | 'registration'
  | 'ailing'
  | 'updated_at'
>;

/** `whole`: the complete rows of all services. `next`: the start of the next page, absent on the last page. */
export type RegistryPage = { whole: ServiceRow[] } | { rows: RegistryRow[]; next?: string };

/** The maximum number of complete rows that the registry keeps, and their maximum size in bytes of JSON. */
export const MOST_WHOLE_ROWS = 100;
export const MOST_WHOLE_BYTES = 250_000;

export interface Outside {
  name: string;
  /** The revision of the registration. A new registration starts a new watch. */
  revision: number;
  healthUrl: string;
  /** The host that watches the service. Absent until a host does. */
  hostId?: string;
}

// --- batch --------------------------------------------------------------------------------------------------------

export interface BatchItem {
  deploymentId: string;
  service: string;
  /** Secrets are sealed. */
  request: StartRequest;
  configMac: string;
  /** The services of the batch that must complete first. */
  after: string[];
  /** The services outside the batch that must be up. */
  needs: string[];
}

export interface BatchInput {
  batchId: string;
  items: BatchItem[];
  onFailure: 'continue' | 'stop';
  maxParallel: number;
  /**
   * The caller's deadline in epoch ms. A batch that begins later is cancelled, because the caller no longer waits for
   * an answer.
   */
  answerBy: number;
}

export const batchQuery = defineQuery<BatchState>('status');

// --- callbacks ----------------------------------------------------------------------------------------------------

/** The events, in the order in which they occurred. */
export const eventSignal = defineSignal<[CallbackBody[]]>('event');
export const deliveriesQuery = defineQuery<Delivery[]>('deliveries');
