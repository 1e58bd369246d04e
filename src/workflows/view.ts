// The view of a deployment: every transition changes the state, appends one numbered event, and saves the memo.
import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { ErrorRecord } from '../contract/errors.js';
import type { Admission, ApiAdmission, Enrolment } from '../contract/messages.js';
import { VIEW_MEMO } from '../contract/names.js';
import { modePlan } from '../contract/request-facts.js';
import type { StartRequest } from '../contract/requests.js';
import {
  isEnded,
  type AttemptStatus,
  type DeploymentStatus,
  type EndedStatus,
  type Language,
  type Mode,
  type Step,
} from '../contract/states.js';
import { translate, stepText } from '../contract/texts.js';
import {
  round,
  secondsBetween,
  type CurrentAttempt,
  type DeploymentEvent,
  type DeploymentState,
} from '../contract/views.js';
import { attributePairs } from './attributes.js';

const now = (): string => new Date().toISOString();

/** The state with which the gate starts a deployment, shown before the first step. */
export function acceptedState(deploymentId: string, request: StartRequest, admission: ApiAdmission): DeploymentState {
  return {
    ...blankState(deploymentId, request),
    service: admission.service,
    status: admission.queued ? 'queued' : 'accepted',
    startTime: admission.admittedAt,
    sequence: admission.sequence,
    ...(admission.queuePosition !== undefined && { queuePosition: admission.queuePosition }),
    ...(admission.queued && { events: [{ n: 1, at: admission.admittedAt, type: 'queued', status: 'queued' }] }),
    estimates: admission.estimates,
  };
}

/** The state of a deployment that was started manually: it has no slot yet. */
export function blankState(deploymentId: string, request: StartRequest): DeploymentState {
  return {
    deploymentId,
    service: null,
    mode: request.mode,
    environment: request.environment,
    metadata: request.metadata,
    status: 'queued',
    startTime: now(),
    attempts: [],
    events: [],
    estimates: {},
    plan: modePlan(request),
    language: 'zh-TW',
  };
}

/** The state with which a batch starts a deployment. */
export function enrolledState(deploymentId: string, request: StartRequest, enrolment: Enrolment): DeploymentState {
  const { service, batchId } = enrolment;
  return { ...blankState(deploymentId, request), service, batchId };
}

export interface Failure {
  error: ErrorRecord;
  step: Step | null;
  mode: Mode | null;
}

export class DeploymentView {
  constructor(
    readonly state: DeploymentState,
    /** Called with each event, after the state has changed. */
    readonly hear: (event: DeploymentEvent) => void,
  ) {}

  admitted({ sequence, admittedAt, estimates, queued }: Admission): void {
    Object.assign(this.state, { sequence, estimates });
    if (!queued) this.state.startTime = admittedAt;
  }

  queued(): void {
    this.#status('queued');
    this.#append({ type: 'queued', status: 'queued' });
    this.#save();
  }

  started(afterQueue: boolean): void {
    delete this.state.queuePosition;
    if (afterQueue) this.state.startTime = now();
    this.#status('running');
    this.#append({ type: 'started', status: 'running' });
    this.#save();
  }

  placed(service: string, language: Language): void {
    if (this.state.service !== service) upsertSearchAttributes(attributePairs({ service }));
    Object.assign(this.state, { service, language });
  }

  /** Records a mode that is not attempted, with its reason. */
  skipped(mode: Mode, error: ErrorRecord): void {
    this.state.attempts.push({ mode, status: 'skipped', error, durationSeconds: 0 });
    this.#append({ type: 'attempt_ended', mode, status: 'skipped' });
    this.#save();
  }

  attemptStarted(mode: Mode, runsAs: string | undefined): void {
    const at = now();
    this.state.current = { mode, runsAs, startedAt: at, step: 'prepare', stepStartedAt: at };
    this.#append({ type: 'attempt_started', mode });
  }

  entered(step: Step): void {
    const current = this.#current;
    if (step !== 'prepare')
      this.#append({ type: 'step_ended', mode: current.mode, step: current.step, status: 'completed' });
    current.step = step;
    current.stepStartedAt = now();
    this.#append({ type: 'step_started', mode: current.mode, step });
    this.#save();
  }

  /** Removes the user: the active app was started earlier, maybe as another user. */
  ranNothing(): void {
    this.#current.runsAs = undefined;
  }

  /** Ends the current step. The undo that follows belongs to it. */
  stepEnded(status: AttemptStatus): void {
    const { mode, step } = this.#current;
    this.#append({ type: 'step_ended', mode, step, status });
  }

  rolledBack(): void {
    this.#append({ type: 'rolled_back', mode: this.#current.mode });
  }

  attemptEnded(status: AttemptStatus, error?: ErrorRecord): void {
    const { mode, startedAt, step, runsAs } = this.#current;
    this.state.attempts.push({
      mode,
      status,
      runsAs,
      ...(error && { error: { ...error, logTail: [] } }), // the log lines are in the failure itself
      ...(status === 'failed' && { failedStep: step }),
      durationSeconds: round(secondsBetween(startedAt, now())),
    });
    this.#append({ type: 'attempt_ended', mode, status });
    this.#save();
  }

  /** Saved in the same commit as the workflow's close. */
  ended(status: EndedStatus, result: { failure?: Failure; release?: string; url?: string; changed?: boolean }): void {
    if (isEnded(this.state.status)) return;
    Object.assign(this.state, result, { endTime: now() });
    this.#status(status);
    this.#append({ type: 'ended', status });
    this.#save();
  }

  #status(status: DeploymentStatus): void {
    this.state.status = status;
    const { mode, environment } = this.state;
    upsertSearchAttributes(attributePairs({ status, mode, environment }));
  }

  #append(event: Omit<DeploymentEvent, 'n' | 'at'>): void {
    const numbered = { n: this.state.events.length + 1, at: now(), ...event };
    this.state.events.push(numbered);
    this.hear(numbered);
  }

  get #current(): CurrentAttempt {
    const { current } = this.state;
    if (!current) throw new Error('no attempt is under way');
    return current;
  }

  #save(): void {
    setCurrentDetails(this.#words());
    upsertMemo({ [VIEW_MEMO]: this.state });
  }

  /** The details that the Web UI shows of a running deployment, beside its events. */
  #words(): string {
    const { status, current, service, failure } = this.state;
    if (failure) return `${service ?? ''}: ${status}, ${translate(failure.error.text, failure.error.params, 'en')}`;
    if (!current || isEnded(status)) return `${service ?? ''}: ${status}`;
    return `${service ?? ''}: ${current.mode}, ${stepText(current.step, 'zh-TW')} · ${stepText(current.step, 'en')}`;
  }
}
