// Signals, queries and updates between workflows, and from the API: names and shapes, no handlers.
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

/** Why an update was refused, beside its code. */
export interface Refused {
  /** The sentence, when it is not the code's own. */
  text?: TextKey;
  params: TextParams;
  /** The field of the caller's that is wrong. */
  path?: string;
}

// --- gate ---------------------------------------------------------------------------------------------------------

export interface AdmitInput {
  deploymentId: string;
  /** Its secrets sealed. */
  request: StartRequest;
  service: string;
  /** Keyed digest of all that decides how the app runs, values in clear included: equal means nothing to do. */
  configMac: string;
  /** Epoch ms by Temporal's clock, after which the caller no longer listens: nobody would know of a later admission. */
  answerBy: number;
  /** Scoped by API key; `bodyMac` is over the plain body, as sealed values differ each time. */
  idempotency?: { hash: string; bodyMac: string };
}

export interface AdmitAnswer {
  deploymentId: string;
  status: 'accepted' | 'queued';
  startTime: string;
  estimatedSeconds: number;
  queuePosition?: number;
}

/** What was answered to an idempotency key. */
export interface KeptAnswer {
  bodyMac: string;
  answer: AdmitAnswer;
}

/** What a deployment is told with its slot. */
export interface Admission {
  /** Order of all admissions: an older deployment never replaces a newer one. */
  sequence: number;
  admittedAt: string;
  /** Still waiting in the queue: a `slotGranted` will come. */
  queued: boolean;
  queuePosition?: number;
  estimates: Partial<Record<Mode, number>>;
}

/** A deployment's own admission, when it came through the API. */
export interface ApiAdmission extends Admission {
  service: string;
  configMac: string;
}

/** What a deployment that belongs to a batch is started with: it asks for its slot itself. */
export interface Enrolment {
  batchId: string;
  service: string;
  configMac: string;
}

export interface SlotRequest {
  deploymentId: string;
  whenFull: 'reject' | 'queue';
  service?: string;
  /** Cancels the older unfinished deployments of the service at once. */
  supersede?: boolean;
}

export interface DeploymentEnded {
  deploymentId: string;
  status: EndedStatus;
  /** Of a completed one: whether there was anything to do. */
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
  /** Sum over completed deployments, for their mean. */
  completedSeconds: number;
}

export interface GateLoad {
  limit: number;
  active: string[];
  queued: string[];
  /** Ended in the last minutes, latest first: visibility may not show them as ended yet. */
  recentlyEnded: string[];
  counters: GateCounters;
}

/** Services that run elsewhere, as the registry counts its changes: signals may overtake each other. */
export interface OutsideNames {
  names: string[];
  revision: number;
}

export const admitUpdate = defineUpdate<AdmitAnswer, [AdmitInput]>('admit');
export const configureGateSignal = defineSignal<[{ limit: number }]>('configure');
export const requestSlotSignal = defineSignal<[SlotRequest]>('requestSlot');
export const endedSignal = defineSignal<[DeploymentEnded]>('ended');
export const loadQuery = defineQuery<GateLoad>('load');

/** What a refused `clock` tells: epoch ms by Temporal's clock. Refused always, as a refusal leaves no trace in a history. */
export interface ShownTime {
  nowMs: number;
}
export const CLOCK_REFUSAL = 'clock';
export const clockUpdate = defineUpdate<never>('clock');
/** All unfinished deployments of a service come to nothing: it is being unregistered. */
export const supersedeSignal = defineSignal<[{ service: string }]>('supersede');
/** Deployments of these are refused at once. */
export const outsideSignal = defineSignal<[OutsideNames]>('outside');
/** By the hash of `AdmitInput.idempotency`; null for a key that was not used lately. */
export const usedKeyQuery = defineQuery<KeptAnswer | null, [hash: string, nowMs?: number]>('usedKey');

// --- deployment ---------------------------------------------------------------------------------------------------

/** May come without input: `temporal workflow signal --name cancel` sends none. */
export const cancelSignal = defineSignal<[{ by?: StopReason }?]>('cancel');
export const slotGrantedSignal = defineSignal<[Admission]>('slotGranted');
export const slotRefusedSignal = defineSignal<[ErrorRecord]>('slotRefused');
export const activationEndedSignal = defineSignal<[ActivationEnded]>('activationEnded');

/** The bodies of contract §3.3 and §3.4, in the service's language. */
export const statusQuery = defineQuery<StatusBody>('status');
export const progressQuery = defineQuery<ProgressBody>('progress');
/** What both are made from: the API fills in the clock and the caller's language. */
export const viewQuery = defineQuery<DeploymentState>('view');

// --- service ------------------------------------------------------------------------------------------------------

export interface ReleaseRecord {
  /** The deployment that made it. */
  release: string;
  sequence: number;
  createdAt: string;
  sourceHash: string;
  revision?: string;
  /** Who asked for the deployment, as its metadata says. */
  deployedBy?: string;
  /** Source and configuration in one text: equal means nothing to do. Absent when it can't be told. */
  fingerprint?: string;
  /** Files and folders that outlive the release, as they stand in the service's view; its `spec` has them with their kinds. */
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
/** Takes back an activation that has not switched yet, also one that has not arrived yet. */
export interface CancelActivation {
  type: 'cancelActivation';
  activationId: string;
  deploymentId: string;
}
/** There is nothing to do, as what serves is the same; but what was accepted before must not replace it later. */
export interface Confirmation {
  type: 'confirm';
  activationId: string;
  deploymentId: string;
  sequence: number;
  /** Of what is to serve. */
  fingerprint: string;
}
/** What an operator asks for; how it went stands among the service's events, by its id. */
export interface Operation {
  type: 'operate';
  commandId: string;
  command: ServiceCommandName;
  /** Of a rollback; without it the one that served before. */
  release?: string;
  /** Epoch ms of its acceptance: among operations and admissions the last one wins. */
  acceptedAt: number;
}
/** What a service was registered as: whatever is told last holds. */
export interface Configuration {
  type: 'configure';
  registration: Registration;
}
/** Unregisters it: what runs is stopped, and all of it goes from the disk but its data, unless that is to go, too. */
export interface Retirement {
  type: 'retire';
  purge: boolean;
  /** Where it may have been, should it not know itself: its workflow may have begun anew. */
  hostId: string;
  /** Epoch ms: a service that was made later is not meant. */
  acceptedAt: number;
}
export type ServiceCommand = Activation | CancelActivation | Confirmation | Operation | Configuration | Retirement;

export type ActivationOutcome =
  | { kind: 'activated'; url?: string }
  | { kind: 'failed'; error: ErrorRecord }
  | { kind: 'superseded' }
  /** To a confirmation: something else serves by now. */
  | { kind: 'changed' }
  | { kind: 'cancelled' };

export interface ActivationEnded {
  activationId: string;
  outcome: ActivationOutcome;
}

/** What the watcher saw of an instance, told once per change. */
export type InstanceNews =
  | { kind: 'exited'; instanceId: string; exit: InstanceExit }
  | { kind: 'health'; instanceId: string; health: Health; at: string }
  /** The front proxy was found to lack its route, and has it now. */
  | { kind: 'routed'; instanceId: string; address: FrontAddress };

/** A sentence by its key. */
export interface OutsideReason {
  text: TextKey;
  params: TextParams;
}

/** What others see of a service, or of what it needs. */
export type Observation =
  | InstanceNews
  /** Of an external service, by the watcher: of the address that was asked. Why it is not well, where it isn't. */
  | { kind: 'outside'; healthUrl: string; health: Health; reason?: OutsideReason; hostId?: string }
  /** By the registry: those that it needs and that are not well. A later revision takes the place of an earlier one. */
  | { kind: 'dependencies'; ailing: string[]; revision: number };

export const commandSignal = defineSignal<[ServiceCommand]>('command');
export const observedSignal = defineSignal<[Observation]>('observed');
export const describeQuery = defineQuery<ServiceView>('describe');
/** The instances that are to run: what serves, and what is tried beside it or in its place. */
export const wantedQuery = defineQuery<string[]>('wanted');
/** Oldest first. */
export const eventsQuery = defineQuery<ServiceEvent[]>('events');

// --- registry -----------------------------------------------------------------------------------------------------

/** What a service is registered as (contract §4). */
export interface Registration {
  /** Counted by the registry: a later one takes the place of an earlier one. */
  revision: number;
  /** Until its first release says which. */
  kind: ServiceKind;
  /** What its releases are started as, where whoever registered it said so. */
  startAs?: AppKind;
  type: ServiceType;
  dependsOn: string[];
  /** Absent: the host decides. */
  isolation?: Isolation;
  /** Of an external service: what its watcher asks. */
  healthUrl?: string;
  /** The host that is to watch it first, as earlier versions told. Whichever watches it says so itself. */
  hostId?: string;
}

/** Every change of the registry: refused, or durable once it is answered. */
interface RegistryAsk {
  name: string;
  /** Epoch ms by Temporal's clock, after which the caller no longer listens. */
  answerBy: number;
  /** Made by the caller: by it, it is seen later whether a call that got no answer was accepted. */
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
  /** Where it may have been, should nobody know. */
  hostId: string;
}

export const registerUpdate = defineUpdate<Registration, [RegisterInput]>('register');
export const patchUpdate = defineUpdate<Registration, [PatchInput]>('patch');
export const unregisterUpdate = defineUpdate<null, [UnregisterInput]>('unregister');
export const rowSignal = defineSignal<[ServiceRow]>('row');
/** From a service that was unregistered, once nothing is left of it. */
export const retiredSignal = defineSignal<[{ name: string }]>('retired');
/** Those that changed last, latest last. */
export const rowsQuery = defineQuery<ServiceRow[]>('rows');
/** The same for a caller who has them already, as of a mark. */
export const newRowsQuery = defineQuery<NewRows, [mark: string | null]>('newRows');
/** Services that are only watched, and by which host. */
export const outsideQuery = defineQuery<Outside[]>('outside');

export interface NewRows {
  /** Of the rows as they are now. */
  mark: string;
  /** These are left out when they are what they were at the caller's mark. */
  recent?: RecentServices;
}

/** What a list of all services, which lags behind, may not show yet. */
export interface RecentServices {
  /** Those that changed last, latest last. */
  rows: ServiceRow[];
  /** Names of services that are gone. */
  left: string[];
  /** There are no others: a list needs nothing else. */
  areAll: boolean;
}

/** What the registry learns of a service when it begins without a past. */
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

/** `whole`: these few are all there are. `next`: where the next page begins; absent after the last one. */
export type RegistryPage = { whole: ServiceRow[] } | { rows: RegistryRow[]; next?: string };

/** So many rows, in so many bytes of JSON, does the registry keep whole. */
export const MOST_WHOLE_ROWS = 100;
export const MOST_WHOLE_BYTES = 250_000;

export interface Outside {
  name: string;
  /** Of its registration: one that was registered anew is watched anew. */
  revision: number;
  healthUrl: string;
  /** Who watches it; absent until somebody does. */
  hostId?: string;
}

// --- batch --------------------------------------------------------------------------------------------------------

export interface BatchItem {
  deploymentId: string;
  service: string;
  /** Its secrets sealed. */
  request: StartRequest;
  configMac: string;
  /** Services of the batch that have to be up before. */
  after: string[];
  /** Services outside of the batch that have to be up. */
  needs: string[];
}

export interface BatchInput {
  batchId: string;
  items: BatchItem[];
  onFailure: 'continue' | 'stop';
  maxParallel: number;
  /** Epoch ms after which the caller no longer listens: begun later, it would be one that nobody knows of. */
  answerBy: number;
}

export const batchQuery = defineQuery<BatchState>('status');

// --- callbacks ----------------------------------------------------------------------------------------------------

/** In the order in which they happened. */
export const eventSignal = defineSignal<[CallbackBody[]]>('event');
export const deliveriesQuery = defineQuery<Delivery[]>('deliveries');
