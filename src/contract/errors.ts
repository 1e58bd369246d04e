import type { Message, SentenceParams, TextKey, TextParams, TextWith } from './texts.js';

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

interface Circumstances {
  /** True if the same call may succeed later without a fix. */
  retryable?: boolean;
  cause?: unknown;
  /** The last lines that the tool or app printed, with secrets masked. */
  logTail?: string[];
}

/** The parameters of the code's own text. */
type OwnParams<C extends ErrorCode> = { text?: undefined } & (keyof SentenceParams[C] extends never
  ? { params?: TextParams }
  : { params: Readonly<SentenceParams[C]> });
/** A text that takes no parameters. */
interface Plain {
  text: TextWith<never>;
  params?: undefined;
}
/** The arguments of an error: a code with a text, or a code with the parameters of its own text. */
type ErrorArguments<Code extends ErrorCode, More> =
  | [code: Code, facts: (Message | Plain) & More]
  | {
      [C in Code]: keyof SentenceParams[C] extends never
        ? [code: C, facts?: OwnParams<C> & More]
        : [code: C, facts: OwnParams<C> & More];
    }[Code];

/** The error class of Slipway: a code, the key of a text in two languages, an optional hint, and the cause. */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError';
  readonly text: TextKey;
  readonly params: TextParams;
  readonly retryable: boolean;
  readonly logTail: string[];

  readonly code: ErrorCode;

  constructor(...[code, facts = {}]: ErrorArguments<ErrorCode, Circumstances>) {
    const { text = code, params = {} }: { text?: TextKey; params?: TextParams } = facts;
    super(`${text} ${JSON.stringify(params)}`, { cause: facts.cause });
    this.code = code;
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

export function errorRecord(
  ...[code, facts = {}]: ErrorArguments<DeploymentCode, Pick<Circumstances, 'logTail'>>
): ErrorRecord {
  const { text = code, params = {} }: { text?: TextKey; params?: TextParams } = facts;
  return { code, text, params, logTail: facts.logTail ?? [] };
}
