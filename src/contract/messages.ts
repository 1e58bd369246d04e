// Signals, queries and updates between workflows, and from the API: names and shapes, no handlers.
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ErrorRecord } from './errors.js';
import type { StartRequest } from './requests.js';
import type { FrontAddress, InstanceExit, InstanceSpec } from './steps.js';
import type { EndedStatus, Health, Mode, ServiceCommandName, StopReason } from './states.js';
import type { DeploymentState, ProgressBody, ServiceEvent, ServiceView, StatusBody } from './views.js';

// --- gate ---------------------------------------------------------------------------------------------------------

export interface AdmitInput {
  deploymentId: string;
  /** Its secrets sealed. */
  request: StartRequest;
  service: string;
  /** Keyed digest of all that decides how the app runs, values in clear included: equal means nothing to do. */
  configMac: string;
  /** Epoch ms after which the caller no longer listens: a later admission would be one nobody knows of. */
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

export const admitUpdate = defineUpdate<AdmitAnswer, [AdmitInput]>('admit');
export const configureGateSignal = defineSignal<[{ limit: number }]>('configure');
export const requestSlotSignal = defineSignal<[SlotRequest]>('requestSlot');
export const endedSignal = defineSignal<[DeploymentEnded]>('ended');
export const loadQuery = defineQuery<GateLoad>('load');
/** By the hash of `AdmitInput.idempotency`; null for a key that was not used lately. */
export const usedKeyQuery = defineQuery<KeptAnswer | null, [string]>('usedKey');

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
  /** Files and folders that are to outlive the release (kept; carried out by a later release of Slipway). */
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
export type ServiceCommand = Activation | CancelActivation | Confirmation | Operation;

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

/** What the watcher saw, told once per change. */
export type Observation =
  | { kind: 'exited'; instanceId: string; exit: InstanceExit }
  | { kind: 'health'; instanceId: string; health: Health; at: string }
  /** The front proxy was found to lack its route, and has it now. */
  | { kind: 'routed'; instanceId: string; address: FrontAddress };

export const commandSignal = defineSignal<[ServiceCommand]>('command');
export const observedSignal = defineSignal<[Observation]>('observed');
export const describeQuery = defineQuery<ServiceView>('describe');
/** Oldest first. */
export const eventsQuery = defineQuery<ServiceEvent[]>('events');

// --- registry -----------------------------------------------------------------------------------------------------

export const rowSignal = defineSignal<[ServiceView]>('row');
export const rowsQuery = defineQuery<ServiceView[]>('rows');
