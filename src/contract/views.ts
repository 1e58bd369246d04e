// The state of workflows, and the response bodies that are built from it. Functions depend only on the state, the clock
// and the language.
import { errorType, type ErrorRecord } from './errors.js';
import type { Managers } from './steps.js';
import {
  ESTIMATED_SECONDS,
  isEnded,
  STEPS,
  type AppKind,
  type AttemptStatus,
  type DeploymentStatus,
  type Environment,
  type Health,
  type Language,
  type Mode,
  type RequestMode,
  type ServiceEventType,
  type ServiceKind,
  type ServiceType,
  type ToldStatus,
  type Step,
  type Isolation,
} from './states.js';
import { hint, translate, stepText, type StoredMessage } from './texts.js';

export const API_VERSION = '1.0.0';

export type Metadata = Record<string, unknown>;

// --- deployments --------------------------------------------------------------------------------------------------

export interface Attempt {
  mode: Mode;
  status: AttemptStatus;
  error?: ErrorRecord;
  failedStep?: Step;
  /** `container`, or the name of the user that the app ran as. */
  runsAs?: string;
  durationSeconds: number;
}

export const EVENT_TYPES = [
  'queued',
  'started',
  'attempt_started',
  'step_started',
  'step_ended',
  'attempt_ended',
  'rolled_back',
  'ended',
] as const;

/** One transition. `n` counts from 1 without gaps. Streams and callbacks resume by this number. */
export interface DeploymentEvent {
  n: number;
  at: string;
  type: (typeof EVENT_TYPES)[number];
  mode?: Mode;
  step?: Step;
  status?: AttemptStatus | DeploymentStatus;
}

/** The attempt that is running, or the last attempt. */
export interface CurrentAttempt {
  mode: Mode;
  runsAs?: string;
  startedAt: string;
  step: Step;
  stepStartedAt: string;
}

/**
 * The state of a deployment, kept by its workflow. The state is available by query while the workflow runs, and in the
 * memo after the workflow's end.
 */
export interface DeploymentState {
  deploymentId: string;
  service: string | null;
  /** The id of the batch that the deployment belongs to. */
  batchId?: string;
  mode: RequestMode;
  environment: Environment;
  metadata: Metadata;
  status: DeploymentStatus;
  /**
   * The time of acceptance. When the deployment starts, this becomes the time of the start, so time in the queue
   * doesn't count.
   */
  startTime: string;
  endTime?: string;
  sequence?: number;
  queuePosition?: number;
  current?: CurrentAttempt;
  attempts: Attempt[];
  events: DeploymentEvent[];
  failure?: { error: ErrorRecord; step: Step | null; mode: Mode | null };
  release?: string;
  url?: string;
  changed?: boolean;
  estimates: Partial<Record<Mode, number>>;
  /** The modes to try, in order. */
  plan: Mode[];
  language: Language;
}

export interface ErrorBody {
  type: 'EnvironmentError' | 'DeploymentError';
  code: string;
  step: Step | null;
  mode: Mode | null;
  message: string;
  hint?: string;
  log_tail: string[];
}

export interface AttemptBody {
  mode: Mode;
  status: AttemptStatus;
  reason?: string;
  failed_step?: Step;
  /** `container`, or the host's user that the app's code ran as. */
  runs_as?: string;
  duration_seconds: number;
}

/** The status of a deployment. */
export interface StatusBody {
  deployment_id: string;
  status: DeploymentStatus;
  mode: RequestMode;
  environment: Environment;
  service: string | null;
  batch_id?: string;
  start_time: string;
  end_time?: string;
  duration_seconds?: number;
  current_step: string;
  current_step_en?: string;
  step: Step | null;
  active_mode: Mode | null;
  progress_percentage: number;
  estimated_time_remaining: number;
  logs_available: boolean;
  is_active: boolean;
  attempts: AttemptBody[];
  error?: ErrorBody;
  error_message?: string;
  release?: string;
  url?: string;
  queue_position?: number;
  changed?: boolean;
  stale?: true;
  metadata: Metadata;
}

/** The progress of a deployment. */
export interface ProgressBody {
  deployment_id: string;
  status: DeploymentStatus;
  current_step: string;
  current_step_en?: string;
  step: Step | null;
  active_mode: Mode | null;
  progress_percentage: number;
  completed_steps: number;
  total_steps: number;
  estimated_time_remaining: number;
  last_update: string;
  detail: string | null;
  stale?: true;
}

/** The typical share of each step in an attempt's time, in percent. The shares add up to 100. */
const STEP_SHARES: Record<Step, number> = { prepare: 10, check: 5, install: 60, configure: 5, start: 20 };
/** The largest part of its share that a running step shows, so that it never appears complete. */
const ALMOST = 0.95;

export function estimatedSeconds(plan: readonly Mode[], past: Partial<Record<Mode, number>>): number {
  return plan.reduce((sum, mode) => sum + estimateOf(mode, past), 0);
}

const estimateOf = (mode: Mode, past: Partial<Record<Mode, number>>): number => past[mode] ?? ESTIMATED_SECONDS[mode];

export function progressPercentage(state: DeploymentState, now: Date): number {
  if (state.status === 'completed') return 100;
  if (!state.current) return 0;
  const { step, stepStartedAt, mode } = state.current;
  const before = STEPS.slice(0, STEPS.indexOf(step)).reduce((sum, done) => sum + STEP_SHARES[done], 0);
  const share = STEP_SHARES[step];
  const expected = (estimateOf(mode, state.estimates) * share) / 100;
  const elapsed = secondsBetween(stepStartedAt, clock(state, now));
  return round(before + share * ALMOST * (1 - Math.exp(-elapsed / Math.max(expected, 0.1))));
}

export function statusBody(state: DeploymentState, now: Date, language: Language): StatusBody {
  const step = state.current?.step ?? null;
  const failure = state.failure;
  return {
    deployment_id: state.deploymentId,
    status: state.status,
    mode: state.mode,
    environment: state.environment,
    service: state.service,
    ...(state.batchId !== undefined && { batch_id: state.batchId }),
    start_time: state.startTime,
    ...(state.endTime !== undefined && {
      end_time: state.endTime,
      duration_seconds: round(secondsBetween(state.startTime, state.endTime)),
    }),
    ...stepTexts(state, language),
    step,
    active_mode: state.current?.mode ?? null,
    progress_percentage: progressPercentage(state, now),
    estimated_time_remaining: secondsRemaining(state, now),
    logs_available: state.status !== 'queued',
    is_active: !isEnded(state.status),
    attempts: state.attempts.map((attempt) => attemptBody(attempt, language)),
    ...(failure && {
      error: errorBody(failure, language),
      error_message: translate(failure.error.text, failure.error.params, language),
    }),
    ...(state.release !== undefined && { release: state.release }),
    ...(state.url !== undefined && { url: state.url }),
    ...(state.status === 'queued' && state.queuePosition !== undefined && { queue_position: state.queuePosition }),
    ...(state.changed !== undefined && { changed: state.changed }),
    metadata: { ...state.metadata, api_version: API_VERSION },
  };
}

export function progressBody(state: DeploymentState, now: Date, language: Language): ProgressBody {
  return {
    deployment_id: state.deploymentId,
    status: state.status,
    ...stepTexts(state, language),
    step: state.current?.step ?? null,
    active_mode: state.current?.mode ?? null,
    progress_percentage: progressPercentage(state, now),
    completed_steps: completedSteps(state),
    total_steps: STEPS.length,
    estimated_time_remaining: secondsRemaining(state, now),
    last_update: state.events.at(-1)?.at ?? state.startTime,
    detail: state.failure ? translate(state.failure.error.text, state.failure.error.params, language) : null,
  };
}

export function errorBody(failure: NonNullable<DeploymentState['failure']>, language: Language): ErrorBody {
  const { code, text, params, logTail } = failure.error;
  const advice = hint(text, params, language);
  return {
    type: errorType(code),
    code,
    step: failure.step,
    mode: failure.mode,
    message: translate(text, params, language),
    ...(advice !== undefined && { hint: advice }),
    log_tail: logTail,
  };
}

function attemptBody(
  { mode, status, error, failedStep, runsAs, durationSeconds }: Attempt,
  language: Language,
): AttemptBody {
  return {
    mode,
    status,
    ...(error && { reason: translate(error.text, error.params, language) }),
    ...(failedStep && { failed_step: failedStep }),
    ...(runsAs !== undefined && { runs_as: runsAs }),
    duration_seconds: durationSeconds,
  };
}

function completedSteps(state: DeploymentState): number {
  if (state.status === 'completed') return STEPS.length;
  return state.current ? STEPS.indexOf(state.current.step) : 0;
}

/** Returns the text of the current step: always Chinese, with English in a separate field. */
export function stepTexts(
  state: DeploymentState,
  language: Language,
): { current_step: string; current_step_en?: string } {
  const step = state.current?.step ?? 'waiting';
  return {
    current_step: stepText(step, 'zh-TW'),
    ...(language === 'en' && { current_step_en: stepText(step, 'en') }),
  };
}

function secondsRemaining(state: DeploymentState, now: Date): number {
  if (isEnded(state.status)) return 0;
  const left = state.plan.slice(state.attempts.length);
  const total = estimatedSeconds(left, state.estimates);
  if (!state.current) return Math.round(total);
  return Math.max(0, Math.round(total - secondsBetween(state.current.startedAt, now.toISOString())));
}

/** Returns the current time, or the end time of an ended deployment, so that its progress doesn't change. */
const clock = (state: DeploymentState, now: Date): string => state.endTime ?? now.toISOString();

export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

/** Rounds to one decimal, the precision of percentages and seconds in the API. */
export const round = (value: number): number => Math.round(value * 10) / 10;

// --- services -----------------------------------------------------------------------------------------------------

export interface ReleaseView {
  release: string;
  mode: Mode;
  created_at: string;
  revision?: string;
  /** The user, from the deployment's metadata. */
  deployed_by?: string;
  active: boolean;
  /** True if a rollback replaced this release. A rollback that names no release skips it. */
  rolled_back?: true;
  /** The folder of the installed dependencies, in `environments/`. */
  environment_key: string;
}

/** The view of a service, including the facts that the next deployment needs. */
export interface ServiceView {
  name: string;
  kind: ServiceKind;
  type: ServiceType;
  status: ToldStatus;
  health: Health;
  active_release: string | null;
  instance: string | null;
  url: string | null;
  depends_on: string[];
  /** Absent if it wasn't set. */
  isolation?: Isolation;
  /** The URL to check. Only for external services. */
  health_url?: string;
  host: string | null;
  restarts: number;
  environment: Environment | null;
  persist: string[];
  created_at: string;
  updated_at: string;
  releases: ReleaseView[];
  /** Set while a web app is up. */
  port?: number;
  /**
   * Only for an app that may run behind a front proxy. `port`: the permanent port of the service on the front proxy,
   * once assigned. `shut`: the app is being stopped and must not receive more requests.
   */
  front?: { port?: number; shut?: true };
  /** The time of the next start in ISO 8601, while an app that ended waits for its restart. */
  next_start?: string;
  /** The current message. The API renders its text. */
  message?: StoredMessage;
  /**
   * The source and configuration of the active release. If a new release has the same fingerprint, there is nothing to
   * do.
   */
  fingerprint?: string;
  /** The health of the service itself, if its dependencies lower the shown health. */
  own_health?: Health;
  /** The dependencies that aren't healthy. */
  ailing?: string[];
  /** The kind that releases are started as, from the registration. */
  start_as?: AppKind;
  /** The revision of the registration that these values come from. */
  registration?: number;
}

/** A service as the registry keeps it, without the fields that would make a list of a thousand services too large. */
export interface ServiceRow extends Omit<ServiceView, 'releases' | 'fingerprint'> {
  /** The mode of the active release. May differ from the requested mode, which is in the release's name. */
  mode?: Mode;
}

export function rowOf({ releases, fingerprint, ...row }: ServiceView): ServiceRow {
  const mode = releases.find(({ active }) => active)?.mode;
  return { ...row, ...(mode && { mode }) };
}

/** An event of a service, as data. The API renders its text. */
export interface ServiceEvent {
  type: ServiceEventType;
  at: string;
  /** Statuses, or healths for `health_changed`. */
  from?: string;
  to?: string;
  /** The reason, if there is one. */
  reason?: StoredMessage;
  details: Record<string, string | number>;
}

// --- hosts --------------------------------------------------------------------------------------------------------

/** Percentages, 0-100 with one decimal. */
export interface Resources {
  cpu_percent: number;
  memory_percent: number;
  disk_percent: number;
}

/** The heartbeat that a host sends every few seconds. */
export interface HostBeat {
  hostId: string;
  /** The time of the heartbeat. */
  at: string;
  /**
   * The time when the managers and resources were measured, which takes longer. Absent from heartbeats of earlier
   * versions.
   */
  measuredAt?: string;
  /** The settings that the managers' status is based on. Absent from heartbeats of earlier versions. */
  offers?: string;
  managers: Managers;
  resources: Resources;
  instances: number;
}
