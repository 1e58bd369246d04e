// The enumerations of Slipway. Types, checks and tables are derived from these lists.

export const MODES = ['docker', 'uv', 'fallback'] as const;
export type Mode = (typeof MODES)[number];

/**
 * `container`: apps run only in containers, whatever the project or the request says. `any`: no restriction at this
 * level.
 */
export const ISOLATIONS = ['any', 'container'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export const REQUEST_MODES = ['auto', ...MODES] as const;
export type RequestMode = (typeof REQUEST_MODES)[number];

export const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** The five steps of every attempt, in order. */
export const STEPS = ['prepare', 'check', 'install', 'configure', 'start'] as const;
export type Step = (typeof STEPS)[number];

export const ENDED_STATUSES = ['completed', 'failed', 'cancelled'] as const;
export type EndedStatus = (typeof ENDED_STATUSES)[number];

export const DEPLOYMENT_STATUSES = ['queued', 'accepted', 'running', ...ENDED_STATUSES] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

export const ATTEMPT_STATUSES = ['completed', 'failed', 'skipped', 'cancelled'] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

export const BATCH_ITEM_STATUSES = ['waiting', 'running', ...ENDED_STATUSES, 'skipped'] as const;
export type BatchItemStatus = (typeof BATCH_ITEM_STATUSES)[number];
export type BatchStatus = 'running' | EndedStatus;

/** The reason why a deployment was stopped before its end. */
export const STOP_REASONS = ['user', 'deadline', 'superseded'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

export const SERVICE_KINDS = ['web', 'worker', 'external'] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];
/** The kinds that Slipway can run. An external service is only watched. */
export type AppKind = Exclude<ServiceKind, 'external'>;

/** The purpose of a service. Discovery groups services by type. */
export const SERVICE_TYPES = ['deployment_service', 'sub_bot', 'ai', 'other'] as const;
export type ServiceType = (typeof SERVICE_TYPES)[number];

export const SERVICE_STATUSES = [
  'created',
  'initializing',
  'running',
  'paused',
  'stopping',
  'stopped',
  'error',
  'degraded',
] as const;
export type ServiceStatus = (typeof SERVICE_STATUSES)[number];
/** The status that is shown. If the host of a service is lost, the status is `unknown`. */
export type ToldStatus = ServiceStatus | 'unknown';

/** The commands that an operator can send to a service. */
export const SERVICE_COMMANDS = ['start', 'stop', 'restart', 'rollback'] as const;
export type ServiceCommandName = (typeof SERVICE_COMMANDS)[number];

export const SERVICE_EVENTS = [
  'service_registered',
  'service_unregistered',
  'status_changed',
  'health_changed',
  'release_activated',
  'release_rolled_back',
  'process_exited',
  'recovery_started',
  'recovery_succeeded',
  'recovery_gave_up',
  'command_completed',
  'command_failed',
] as const;
export type ServiceEventType = (typeof SERVICE_EVENTS)[number];

export const HEALTHS = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
export type Health = (typeof HEALTHS)[number];

export const ROLES = ['admin', 'read'] as const;
export type Role = (typeof ROLES)[number];

export const LANGUAGES = ['zh-TW', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The initial estimates, in seconds, for a service without past deployments in a mode. */
export const ESTIMATED_SECONDS: Record<Mode, number> = { docker: 300, uv: 120, fallback: 60 };

export function isEnded(status: DeploymentStatus): status is EndedStatus {
  return ENDED_STATUSES.some((ended) => ended === status);
}

export function assertNever(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`);
}
