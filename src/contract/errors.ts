import type { TextKey, TextParams } from './texts.js';

/** Error codes of a deployment that the client can fix. */
export const DEPLOYMENT_CODES = [
  'invalid',
  'not_supported_yet',
  'source_unreachable',
  'source_invalid',
  'no_python_project',
  'no_entry_point',
  'lock_outdated',
  'dependencies_unresolvable',
  'install_failed',
  'build_failed',
  'release_command_failed',
  'app_exited',
  'health_check_failed',
  'out_of_memory',
  'deployment_timeout',
  'concurrency_limit',
  'queue_full',
  'registry_full',
  'superseded',
  'cancelled',
  'terminated',
  'host_lost',
] as const;

/** Error codes of a host that the operator must fix. */
export const ENVIRONMENT_CODES = [
  'python_unavailable',
  'tool_missing',
  'engine_unavailable',
  'disk_full',
  'port_unavailable',
  'internal',
] as const;

export type DeploymentCode = (typeof DEPLOYMENT_CODES)[number] | (typeof ENVIRONMENT_CODES)[number];

/** The HTTP status of each error code of the API. */
export const HTTP_STATUS = {
  malformed: 400,
  unsupported_media_type: 415,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  already_finished: 409,
  name_taken: 409,
  has_dependants: 409,
  reserved: 409,
  too_large: 413,
  invalid: 422,
  idempotency_key_reused: 422,
  not_supported_yet: 422,
  concurrency_limit: 429,
  queue_full: 429,
  registry_full: 409,
  rate_limited: 429,
  temporal_unavailable: 503,
  maintenance: 503,
  audit_unavailable: 503,
  engine_unavailable: 503,
  tool_missing: 503,
  python_unavailable: 503,
  disk_full: 503,
  internal: 500,
} as const;
export type HttpCode = keyof typeof HTTP_STATUS;

/** Error codes that stop `npm start`. */
export type StartCode = 'bad_configuration' | 'start_failed';

export type ErrorCode = DeploymentCode | HttpCode | StartCode;

export function isEnvironmentCode(code: string): boolean {
  return ENVIRONMENT_CODES.some((environmentCode) => environmentCode === code);
}

/**
 * Returns the `type` of a deployment's error: `EnvironmentError` if the operator must fix it, else `DeploymentError`.
 */
export function errorType(code: string): 'EnvironmentError' | 'DeploymentError' {
  return isEnvironmentCode(code) ? 'EnvironmentError' : 'DeploymentError';
}

export interface Facts {
  /** The key of the error text, if it differs from the code. */
  text?: TextKey;
  /** The values of the `{placeholders}` in the text. */
  params?: TextParams;
  /** True if the same call may succeed later without a fix. */
  retryable?: boolean;
  cause?: unknown;
  /** The last lines that the tool or app printed, with secrets masked. */
  logTail?: string[];
}

/** The error class of Slipway: a code, the key of a text in two languages, an optional hint, and the cause. */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError';
  readonly text: TextKey;
  readonly params: TextParams;
  readonly retryable: boolean;
  readonly logTail: string[];

  constructor(
    readonly code: ErrorCode,
    facts: Facts = {},
  ) {
    const text = facts.text ?? code;
    const params = facts.params ?? {};
    super(`${text} ${JSON.stringify(params)}`, { cause: facts.cause });
    this.text = text;
    this.params = params;
    this.retryable = facts.retryable ?? false;
    this.logTail = facts.logTail ?? [];
  }
}

/** A deployment's error as data. Temporal stores this record; the API and the CLI render its text. */
export interface ErrorRecord {
  code: string;
  text: TextKey;
  params: TextParams;
  logTail: string[];
}

export function errorRecord(code: DeploymentCode, facts: Pick<Facts, 'text' | 'params' | 'logTail'> = {}): ErrorRecord {
  return { code, text: facts.text ?? code, params: facts.params ?? {}, logTail: facts.logTail ?? [] };
}
