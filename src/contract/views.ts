// What goes out: the state a workflow tells, and the bodies made from it. Pure: state, clock and language in, body out.
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
import { hint, say, STEP_TEXTS, WAITING_TEXT, type TextKey, type TextParams } from './texts.js';

export const API_VERSION = '1.0.0';

export type Metadata = Record<string, unknown>;

// --- deployments --------------------------------------------------------------------------------------------------

export interface Attempt {
  mode: Mode;
  status: AttemptStatus;
  error?: ErrorRecord;
  failedStep?: Step;
  /** `container`, or the name of the user that it ran as. */
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

/** One transition. `n` counts from 1 without a gap: streams and callbacks resume by it. */
export interface DeploymentEvent {
  n: number;
  at: string;
  type: (typeof EVENT_TYPES)[number];
  mode?: Mode;
  step?: Step;
  status?: AttemptStatus | DeploymentStatus;
}

/** The attempt under way. */
export interface CurrentAttempt {
  mode: Mode;
  runsAs?: string;
  startedAt: string;
  step: Step;
  stepStartedAt: string;
}

/** The whole state of a deployment: kept by its workflow, told by query while it runs and by memo once it ended. */
export interface DeploymentState {
  deploymentId: string;
  service: string | null;
  /** The batch it belongs to. */
  batchId?: string;
  mode: RequestMode;
  environment: Environment;
  metadata: Metadata;
  status: DeploymentStatus;
  /** When it was accepted, and once it runs when it began: time in the queue does not count. */
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
  /** The modes it may try, in order. */
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
  /** `container`, or the user of the host that the app's code ran as. */
  runs_as?: string;
  duration_seconds: number;
}

/** Contract §3.3. */
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

/** Contract §3.4. */
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

/** Shares of an attempt's time that its steps usually take, in percent: they add up to 100. */
const STEP_SHARES: Record<Step, number> = { prepare: 10, check: 5, install: 60, configure: 5, start: 20 };
/** A step still running never shows as done: its share fills up to this part of it. */
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
      error_message: say(failure.error.text, failure.error.params, language),
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
    detail: state.failure ? say(state.failure.error.text, state.failure.error.params, language) : null,
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
    message: say(text, params, language),
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
    ...(error && { reason: say(error.text, error.params, language) }),
    ...(failedStep && { failed_step: failedStep }),
    ...(runsAs !== undefined && { runs_as: runsAs }),
    duration_seconds: durationSeconds,
  };
}

function completedSteps(state: DeploymentState): number {
  if (state.status === 'completed') return STEPS.length;
  return state.current ? STEPS.indexOf(state.current.step) : 0;
}

/** Chinese in every language, English beside it (contract §3.4). */
export function stepTexts(
  state: DeploymentState,
  language: Language,
): { current_step: string; current_step_en?: string } {
  const text = state.current ? STEP_TEXTS[state.current.step] : WAITING_TEXT;
  return { current_step: text['zh-TW'], ...(language === 'en' && { current_step_en: text.en }) };
}

function secondsRemaining(state: DeploymentState, now: Date): number {
  if (isEnded(state.status)) return 0;
  const left = state.plan.slice(state.attempts.length);
  const total = estimatedSeconds(left, state.estimates);
  if (!state.current) return Math.round(total);
  return Math.max(0, Math.round(total - secondsBetween(state.current.startedAt, now.toISOString())));
}

/** An ended deployment stands still: its clock is its end. */
const clock = (state: DeploymentState, now: Date): string => state.endTime ?? now.toISOString();

export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

/** One decimal, as percentages and seconds are told (contract, preamble). */
export const round = (value: number): number => Math.round(value * 10) / 10;

// --- services -----------------------------------------------------------------------------------------------------

export interface ReleaseView {
  release: string;
  mode: Mode;
  created_at: string;
  revision?: string;
  /** As the deployment's metadata says. */
  deployed_by?: string;
  active: boolean;
  /** A rollback went back from it: one that names no release passes it over. */
  rolled_back?: true;
  /** Folder of its installed dependencies, among `environments/`. */
  environment_key: string;
}

/** Contract §4, and what the next deployment must know of the last. */
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
  /** Absent where nobody set it. */
  isolation?: Isolation;
  /** Of an external service: what is asked. */
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
   * Of an app that may stand behind a front proxy: the port there that is the service's for ever, once it has one.
   * `shut`: it is being stopped, and is to get no requests any more.
   */
  front?: { port?: number; shut?: true };
  /** ISO 8601: when an app that ended is started again, while it waits for that. */
  next_start?: string;
  /** What happened last, to be put into words at the edge. */
  message?: { text: TextKey; params: TextParams };
  /** Source and configuration of what serves: equal to a new one means nothing to do. */
  fingerprint?: string;
  /** Its own, where what it needs makes it worse. */
  own_health?: Health;
  /** Those of its dependencies that are not well. */
  ailing?: string[];
  /** What its releases are started as, as it was registered. */
  start_as?: AppKind;
  /** Which registration these facts are of: the registry counts them. */
  registration?: number;
}

/** A service as the registry keeps it: without what would make a list of a thousand too large. */
export interface ServiceRow extends Omit<ServiceView, 'releases' | 'fingerprint'> {
  /** That the active release runs in: not always the one that its deployment asked for, as its name says. */
  mode?: Mode;
}

export function rowOf({ releases, fingerprint, ...row }: ServiceView): ServiceRow {
  const mode = releases.find(({ active }) => active)?.mode;
  return { ...row, ...(mode && { mode }) };
}

/** What happened to a service, as data: words are put to it at the edge. */
export interface ServiceEvent {
  type: ServiceEventType;
  at: string;
  /** Statuses, or healths of a `health_changed`. */
  from?: string;
  to?: string;
  /** Why, where there is a reason to give. */
  reason?: { text: TextKey; params: TextParams };
  details: Record<string, string | number>;
}

// --- hosts --------------------------------------------------------------------------------------------------------

/** Percentages, 0-100 with one decimal. */
export interface Resources {
  cpu_percent: number;
  memory_percent: number;
  disk_percent: number;
}

/** What a host says of itself every few seconds. */
export interface HostBeat {
  hostId: string;
  /** When its worker was there. */
  at: string;
  /** When the rest was found out, which takes longer; beats of older versions do not tell. */
  measuredAt?: string;
  /** By which settings the managers answered; beats of older versions do not tell. */
  offers?: string;
  managers: Managers;
  resources: Resources;
  instances: number;
}
