// The body of callbacks, the status of each delivery, and the times of retries.
import type { DeploymentStatus, Language, Mode, Step } from './states.js';
import { translate, type StoredMessage } from './texts.js';
import { progressPercentage, stepTexts, type DeploymentEvent, type DeploymentState } from './views.js';

export type CallbackEventType = Exclude<DeploymentEvent['type'], 'queued' | 'started'>;

export interface CallbackBody {
  deployment_id: string;
  current_step: string;
  current_step_en?: string;
  progress_percentage: number;
  timestamp: string;
  /** The same in each attempt, so that receivers can detect duplicates. */
  event_id: string;
  event_type: CallbackEventType;
  /** Counts from 1, without gaps. */
  sequence: number;
  status: DeploymentStatus;
  step: Step | null;
  mode: Mode | null;
  service: string | null;
  /** The reason, if a deployment failed or was cancelled. Only in the `ended` event. */
  error_message?: string;
}

/** The events that are sent to the callback URL. `notifications`: only if `config.notifications_enabled` is true. */
const TOLD: Record<DeploymentEvent['type'], 'always' | 'notifications' | 'never'> = {
  queued: 'never',
  started: 'never',
  step_started: 'always',
  step_ended: 'always',
  attempt_started: 'notifications',
  attempt_ended: 'notifications',
  rolled_back: 'notifications',
  ended: 'always',
};

export const isTold = (
  event: DeploymentEvent,
  { notifications }: { notifications: boolean },
): event is DeploymentEvent & { type: CallbackEventType } =>
  TOLD[event.type] === 'always' || (notifications && TOLD[event.type] === 'notifications');

/** Builds the body of a callback. `state` is the state after the event. */
export function callbackBody(
  state: DeploymentState,
  event: DeploymentEvent & { type: CallbackEventType },
  sequence: number,
): CallbackBody {
  const { deploymentId, status, service, current, failure, language } = state;
  return {
    deployment_id: deploymentId,
    ...stepTexts(state, language),
    progress_percentage: progressPercentage(state, new Date(event.at)),
    timestamp: event.at,
    event_id: eventId(deploymentId, sequence),
    event_type: event.type,
    sequence,
    status,
    step: event.step ?? current?.step ?? null,
    mode: event.mode ?? current?.mode ?? null,
    service,
    ...(event.type === 'ended' &&
      failure && { error_message: translate(failure.error.text, failure.error.params, language) }),
  };
}

/** Builds the `ended` callback of a deployment that was terminated and so couldn't send the callback itself. */
export function orphanedEnd(
  deploymentId: string,
  before: CallbackBody | undefined,
  { status, at, service }: { status: DeploymentStatus; at: string; service: string | null },
  language: Language,
): CallbackBody {
  const sequence = (before?.sequence ?? 0) + 1;
  return {
    current_step: '',
    progress_percentage: 0,
    step: null,
    mode: null,
    service,
    ...before,
    deployment_id: deploymentId,
    event_id: eventId(deploymentId, sequence),
    event_type: 'ended',
    sequence,
    status,
    timestamp: at,
    error_message: translate('terminated', {}, language),
  };
}

const eventId = (deploymentId: string, sequence: number): string => `${deploymentId}.${sequence}`;

/** The secrets that sign callbacks. `url`: the secret of the URL. `both`: also the secret that all receivers share. */
export const CALLBACK_SIGNATURES = ['both', 'url'] as const;
export type CallbackSignatures = (typeof CALLBACK_SIGNATURES)[number];

// --- deliveries ---------------------------------------------------------------------------------------------------

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'dropped'] as const;
/** `failed`: given up after 72 hours. `dropped`: the receiver responded with 410 and gets no more callbacks. */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface Delivery {
  body: CallbackBody;
  status: DeliveryStatus;
  attempts: number;
  /** The time of the next attempt, in epoch ms. */
  dueMs?: number;
  lastAttemptAt?: string;
  deliveredAt?: string;
  /** The HTTP status of the last response. */
  lastStatus?: number;
  lastError?: StoredMessage;
  /** The origin of the URL. The rest of the URL is a secret. */
  to?: string;
}

/** The result of one delivery attempt. */
export type DeliveryResult = { to: string | null; status?: number } & (
  | { kind: 'delivered' }
  /** The receiver responded with 410. */
  | { kind: 'gone' }
  | { kind: 'failed'; reason: StoredMessage; retryAfterMs?: number }
);

/** A delivery, as returned by `GET …/callbacks`. */
export interface DeliveryBody {
  event_id: string;
  event_type: CallbackEventType;
  sequence: number;
  timestamp: string;
  status: DeliveryStatus;
  url: string | null;
  attempts: number;
  last_attempt_at: string | null;
  next_attempt_at: string | null;
  delivered_at: string | null;
  last_status: number | null;
  last_error: string | null;
}

export function deliveryBody(delivery: Delivery, language: Language): DeliveryBody {
  const { body, status, attempts, dueMs, lastAttemptAt, deliveredAt, lastStatus, lastError, to } = delivery;
  return {
    event_id: body.event_id,
    event_type: body.event_type,
    sequence: body.sequence,
    timestamp: body.timestamp,
    status,
    url: to ?? null,
    attempts,
    last_attempt_at: lastAttemptAt ?? null,
    next_attempt_at: dueMs === undefined ? null : new Date(dueMs).toISOString(),
    delivered_at: deliveredAt ?? null,
    last_status: lastStatus ?? null,
    last_error: lastError ? translate(lastError.text, lastError.params, language) : null,
  };
}

/** The period in which a callback is retried. */
export const DELIVERED_WITHIN_MS = 72 * 3600 * 1000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 600_000;

/**
 * Returns the time of the next attempt in epoch ms, or undefined if the delivery is given up. `retryAfterMs` is the
 * wait that the receiver requested. The wait never extends past the end of the retry period.
 */
export function nextTry(
  { body, attempts }: Pick<Delivery, 'body' | 'attempts'>,
  nowMs: number,
  retryAfterMs = 0,
): number | undefined {
  const lastMs = Date.parse(body.timestamp) + DELIVERED_WITHIN_MS;
  if (nowMs >= lastMs) return undefined;
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.min(nowMs + Math.max(waitMs, retryAfterMs), lastMs);
}
