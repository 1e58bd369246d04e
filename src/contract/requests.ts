// Validates requests and sets all of their defaults. Types are inferred from the schemas.
import { z } from 'zod';
import { durationMs } from './durations.js';
import { isReservedName, OWN_SERVICE, SERVICE_NAME } from './names.js';
import { pathFault, staysInside } from './persist.js';
import { isBatchLabel, isSealed } from './request-facts.js';
import { LONGEST_COMMAND } from './source-limits.js';
import { ENVIRONMENTS, ISOLATIONS, MODES, REQUEST_MODES, SERVICE_KINDS, SERVICE_TYPES } from './states.js';
import type { TextKey } from './texts.js';
import { jsonBytes } from './json-bytes.js';

/** The maximum size of `metadata`, in bytes of JSON. */
const METADATA_BYTES = 4 * 1024;
/** Returns the parameters of a zod check whose message is a text in `texts.ts`. */
export const says = (text: TextKey): { params: { text: TextKey } } => ({ params: { text } });

export const matching = (pattern: RegExp, text: TextKey) =>
  z.string().refine((value) => pattern.test(value), says(text));

// eslint-disable-next-line no-control-regex -- they are what it looks for
const BLANK_OR_CONTROL = /[\u0000-\u0020\u007f]/;

/**
 * The host names that git URLs may contain. URL parsers accept other characters, which would reach the command line of
 * ssh.
 */
const GIT_HOST = /^([A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])$/;

/**
 * Returns true for an https, http or ssh URL with a host, and without user info or a query. A token has its own field,
 * which is sealed.
 */
function isGitUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (
    ['https:', 'http:', 'ssh:'].includes(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    GIT_HOST.test(url.hostname) &&
    !/[?#]/.test(text) &&
    !BLANK_OR_CONTROL.test(text) // the URL parser removes these characters, but git doesn't
  );
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

/** Returns true for an http or https URL without user info, which would be unencrypted in every response. */
function isPlainHttpUrl(text: string): boolean {
  // URL parsers treat these characters differently.
  if (!isHttpUrl(text) || BLANK_OR_CONTROL.test(text) || text.includes('\\')) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

// eslint-disable-next-line no-control-regex -- control characters are exactly what a ref may not hold (git check-ref-format)
const GIT_REF = /^(?!-)(?!.*\.\.)[^\u0000-\u0020\u007f~^:?*[\\]+$/;

/** The folder of the project in the source. */
const subdirectory = z.string().min(1).max(1024).refine(staysInside, says('field.inside')).optional();

const directorySource = z.strictObject({
  type: z.literal('directory'),
  path: z
    .string()
    .min(1)
    .max(4096)
    .refine((path) => !path.includes('\0'), says('field.path'))
    .refine((path) => path.startsWith('/'), says('field.absolute')),
  subdirectory,
});
const gitSource = z.strictObject({
  type: z.literal('git'),
  url: z.string().max(2048).refine(isGitUrl, says('field.git_url')),
  ref: matching(GIT_REF, 'field.git_ref').max(255).optional(),
  subdirectory,
  token: z.string().min(1).max(8192).optional(),
  /** For https, used with the token. For ssh, replaces `git`. */
  username: matching(/^(?!-)[^\s\p{Cc}\p{Cs}:]{1,255}$/u, 'field.git_username').optional(),
});
const archiveSource = z.strictObject({
  type: z.literal('archive'),
  upload_id: matching(/^up_[a-z0-9]{16,64}$/, 'field.upload_id'),
  subdirectory,
});
export const sourceSchema = z.discriminatedUnion('type', [directorySource, gitSource, archiveSource]);
export type Source = z.infer<typeof sourceSchema>;

/** The receiver's URL, which determines the callback secret. */
export const callbackSecretSchema = z.strictObject({
  url: z.string().max(2048).refine(isHttpUrl, says('field.http_url')),
});

const whenFull = z.enum(['reject', 'queue']);

const healthCheckSchema = z.strictObject({
  path: matching(/^\/[^\s#]*$/, 'field.url_path')
    .max(2048)
    .optional(),
  expect: z.array(z.int().min(100).max(599)).min(1).max(100).optional(),
  /** The seconds to wait for the first successful probe. */
  timeout: z.number().min(1).max(3600).default(60),
  /** The seconds between two probes, after the quick first probes. */
  interval: z.number().min(0.05).max(60).default(1),
  /** The seconds that a worker must stay up to count as healthy. */
  min_uptime: z.number().min(0).max(600).default(5),
});

const LEAST_BACKOFF_MS = 1000;
const MOST_BACKOFF_MS = 24 * 3_600_000;
const restartSchema = z.strictObject({
  /** The maximum number of automatic restarts in any 24 hours. */
  max_per_day: z.int().min(1).max(1000).default(200),
  /** The longest wait between two starts of an app that keeps failing. */
  backoff_max: z
    .string()
    .refine((text) => {
      const backoffMs = durationMs(text);
      return backoffMs !== undefined && backoffMs >= LEAST_BACKOFF_MS && backoffMs <= MOST_BACKOFF_MS;
    }, says('field.backoff'))
    .default('15m'),
});

const variableName = z.string().refine((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name), says('field.variable_name'));
const variableValue = z.string().refine((value) => !value.includes('\0'), says('field.no_nul'));
/** A value with `secret: false` isn't masked in logs. */
const plainOrSecret = z.union([
  variableValue,
  z.strictObject({ value: variableValue, secret: z.boolean().default(true) }),
]);
const hasNoReservedName = (values: object): boolean => !Object.keys(values).some((name) => name.startsWith('SLIPWAY_'));
const environmentVariables = z
  .record(variableName, plainOrSecret)
  .refine(hasNoReservedName, says('field.reserved_variable'));
const buildVariables = z.record(variableName, variableValue).refine(hasNoReservedName, says('field.reserved_variable'));

/** Run by `sh -c`, unchanged. */
const shellCommand = z
  .string()
  .trim()
  .min(1)
  .max(LONGEST_COMMAND)
  .refine((text) => !text.includes('\0'), says('field.no_nul'))
  .optional();

const givenConfig = z.strictObject({
  environment_variables: environmentVariables.default({}),
  /** Variables for installing and building the app. Absent from requests of earlier versions. */
  build_variables: buildVariables.optional(),
  profile: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'field.profile').optional(),
  notifications_enabled: z.boolean().default(false),
  service: matching(SERVICE_NAME, 'field.service_name')
    .refine((name) => !isReservedName(name), says('field.reserved_service'))
    .optional(),
  source: sourceSchema.optional(),
  process: matching(/^[A-Za-z0-9_-]{1,63}$/, 'field.process').optional(),
  command: shellCommand,
  release_command: shellCommand,
  port: z.int().min(1).max(65_535).nullish(),
  python: matching(/^3(\.\d{1,3}){0,2}$/, 'field.python').optional(),
  persist: z
    .array(
      z.string().superRefine((path, context) => {
        const fault = pathFault(path);
        if (fault !== undefined) context.addIssue({ code: 'custom', ...says(fault) });
      }),
    )
    .max(100)
    .optional(),
  fallback_modes: z
    .array(z.enum(MODES))
    .min(1)
    .max(MODES.length)
    .refine((modes) => new Set(modes).size === modes.length, says('field.unique'))
    .optional(),
  resources: z
    .strictObject({
      memory_mb: z.int().min(16).max(1_048_576).optional(),
      cpus: z.number().min(0.01).max(1024).optional(),
    })
    .optional(),
  health_check: healthCheckSchema.prefault({}),
  restart: restartSchema.optional(),
  when_full: whenFull.optional(),
  supersede: z.boolean().default(false),
});

/** Converts all variables to text, and lists the names of variables that aren't secrets. */
const configSchema = givenConfig.transform(({ environment_variables: given, ...config }) => {
  const variables = Object.entries(given);
  const plain = variables.flatMap(([name, value]) => (typeof value === 'string' || value.secret ? [] : [name]));
  return {
    ...config,
    environment_variables: Object.fromEntries(
      variables.map(([name, value]) => [name, typeof value === 'string' ? value : value.value]),
    ),
    ...(plain.length > 0 && { plain_variables: plain }),
  };
});

export const startRequestSchema = z.strictObject({
  mode: z.enum(REQUEST_MODES).default('auto'),
  environment: z.enum(ENVIRONMENTS).default('dev'),
  /** The seconds for the whole deployment, without the time in the queue. */
  timeout: z.int().min(30).max(3600).default(300),
  force_rebuild: z.boolean().default(false),
  skip_health_check: z.boolean().default(false),
  callback_url: z
    .string()
    .max(2048)
    .refine((text) => isSealed(text) || isHttpUrl(text), says('field.http_url'))
    .optional(),
  metadata: z
    .record(z.string(), z.json())
    .refine((value) => jsonBytes(value) <= METADATA_BYTES, says('field.metadata_size'))
    .superRefine(({ batch_id: label }, context) => {
      if (typeof label === 'string' && !isBatchLabel(label))
        context.addIssue({ code: 'custom', path: ['batch_id'], ...says('field.batch_label') });
    })
    .default({}),
  config: configSchema.prefault({}),
  /** Also accepted here, for clients that don't send it in `config`. */
  when_full: whenFull.optional(),
});

/** A start request with all defaults filled in. Its secrets are sealed when the API sends it to Temporal. */
export type StartRequest = z.infer<typeof startRequestSchema>;

/** A whole number in a query. `Number` would convert '' to 0, and numbers with more than 15 digits lose precision. */
const DIGITS = /^\d{1,15}$/;
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .refine((text) => DIGITS.test(text), says('field.whole_number'))
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    // The documented type. In the query, the value is text.
    .meta({ override: { type: 'integer', minimum: least, maximum: most } });

const isTime = (text: string): boolean => z.iso.datetime({ offset: true }).safeParse(text).success;

const cursor = matching(/^[A-Za-z0-9_-]+$/, 'field.cursor')
  .max(4096)
  .optional();
export const listQuerySchema = z.strictObject({
  limit: wholeNumber(1, 500).default(50),
  status: z.enum(['queued', 'accepted', 'running', 'completed', 'failed', 'cancelled']).optional(),
  mode: z.enum(REQUEST_MODES).optional(),
  service: matching(SERVICE_NAME, 'field.service_name').optional(),
  batch_id: matching(/^[^"'\\\p{Cc}\p{Cs}]+$/u, 'field.batch_id')
    .max(255)
    .optional(),
  cursor,
});

export const servicesQuerySchema = z.strictObject({ limit: wholeNumber(1, 1000).default(1000), cursor });

export const eventsQuerySchema = z.strictObject({ limit: wholeNumber(1, 500).default(50) });

/** For calls that have no query parameters. */
export const noQuerySchema = z.strictObject({});

/** Commands have no parameters. A rollback may name a kept release. */
export const commandSchema = z.strictObject({});
export const rollbackSchema = z.strictObject({ release: z.string().min(1).max(255).optional() });

/** The name of a service that another service needs. Slipway's own name is allowed. */
const dependency = z
  .string()
  .refine((name) => SERVICE_NAME.test(name) || name === OWN_SERVICE, says('field.service_name'));
const dependsOn = z
  .array(dependency)
  .max(100)
  .refine((names) => new Set(names).size === names.length, says('field.unique'));

const healthUrl = z.string().max(2048).refine(isPlainHttpUrl, says('field.health_url'));

/** Registers a service before its first deployment, or an external service that Slipway only watches. */
export const registerSchema = z
  .strictObject({
    // Reserved names pass here, and are rejected as a conflict after all field errors were reported.
    name: z.string().refine((name) => SERVICE_NAME.test(name) || isReservedName(name), says('field.service_name')),
    /** Default: determined by the first release. */
    kind: z.enum(SERVICE_KINDS).optional(),
    type: z.enum(SERVICE_TYPES).default('other'),
    depends_on: dependsOn.default([]),
    health_url: healthUrl.optional(),
    isolation: z.enum(ISOLATIONS).optional(),
  })
  .superRefine(({ kind, health_url: url, isolation }, context) => {
    const path = ['health_url'];
    if (kind === 'external' && url === undefined)
      context.addIssue({ code: 'custom', path, ...says('field.health_url_required') });
    if (kind !== 'external' && url !== undefined)
      context.addIssue({ code: 'custom', path, ...says('field.health_url_external') });
    if (kind === 'external' && isolation !== undefined)
      context.addIssue({ code: 'custom', path: ['isolation'], ...says('field.isolation_external') });
  });

/** A field that can't change after registration. */
const fixed = z
  .unknown()
  .refine(() => false, says('field.fixed'))
  .optional();

export const patchServiceSchema = z.strictObject({
  name: fixed,
  kind: fixed,
  type: z.enum(SERVICE_TYPES).optional(),
  depends_on: dependsOn.optional(),
  health_url: healthUrl.optional(),
  isolation: z.enum(ISOLATIONS).optional(),
});

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const unregisterQuerySchema = z.strictObject({
  /** Unregisters the service even if other services need it, and removes these dependencies. */
  force: flag.default(false),
  /** Also removes the service's data. */
  purge: flag.default(false),
});

const MOST_ITEMS = 200;
export const batchItemsSchema = z.array(z.unknown()).min(1).max(MOST_ITEMS);
export const batchSchema = z.strictObject({
  deployments: batchItemsSchema,
  on_failure: z.enum(['continue', 'stop']).default('continue'),
  max_parallel: z.int().min(1).max(MOST_ITEMS).optional(),
});

/** The field of a batch item that isn't part of its start request. The start request is parsed separately. */
export const batchItemSchema = z.looseObject({ depends_on: dependsOn.default([]) });
/**
 * The parts of an invalid batch item that can still be checked. `service: null` means that the service is unreadable.
 */
export const batchItemPartsSchema = z.object({
  config: z
    .object({
      source: sourceSchema.optional().catch(undefined),
      service: z.string().regex(SERVICE_NAME).nullish().catch(null),
    })
    .catch({}),
});

export const logsQuerySchema = z.strictObject({
  /** A byte offset, or an ISO 8601 time, to read from. */
  since: z
    .string()
    .refine((text) => DIGITS.test(text) || isTime(text), says('field.since'))
    .transform((text) => (DIGITS.test(text) ? Number(text) : text))
    .optional(),
  tail: wholeNumber(0, 100_000).optional(),
  step: z.enum(['prepare', 'check', 'install', 'configure', 'start']).optional(),
});
