// What comes in, and the only defaults of requests (contract §3.2). Types are inferred from the schemas.
import { z } from 'zod';
import { durationMs } from './durations.js';
import { isReservedName, OWN_SERVICE, SERVICE_NAME } from './names.js';
import { pathFault, staysInside } from './persist.js';
import { isBatchLabel, isSealed } from './request-facts.js';
import { ENVIRONMENTS, ISOLATIONS, MODES, REQUEST_MODES, SERVICE_KINDS, SERVICE_TYPES } from './states.js';
import type { TextKey } from './texts.js';

/** Bytes of JSON that `metadata` may take. */
const METADATA_BYTES = 4 * 1024;
/** A refusal whose words stand in `texts.ts`. */
export const says = (text: TextKey): { params: { text: TextKey } } => ({ params: { text } });

export const matching = (pattern: RegExp, text: TextKey) =>
  z.string().refine((value) => pattern.test(value), says(text));

// eslint-disable-next-line no-control-regex -- they are what it looks for
const BLANK_OR_CONTROL = /[\u0000-\u0020\u007f]/;

/** As hosts are written in git URLs: what else a parser lets pass would reach the command line of ssh. */
const GIT_HOST = /^([A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])$/;

/** https, http or ssh, a host, and neither user info nor a query: a token has its own, sealed field. */
function isGitUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (
    ['https:', 'http:', 'ssh:'].includes(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    GIT_HOST.test(url.hostname) &&
    !/[?#]/.test(text) &&
    !BLANK_OR_CONTROL.test(text) // taken out by the parser of URLs, and not by git
  );
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

/** Without user info: it would stand in clear in every answer. */
function isPlainHttpUrl(text: string): boolean {
  if (!isHttpUrl(text) || BLANK_OR_CONTROL.test(text) || text.includes('\\')) return false; // parsers differ on them
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

// eslint-disable-next-line no-control-regex -- control characters are exactly what a ref may not hold (git check-ref-format)
const GIT_REF = /^(?!-)(?!.*\.\.)[^\u0000-\u0020\u007f~^:?*[\\]+$/;

/** Where in the source the project is. */
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
  /** Beside a token over https; over ssh in the place of `git`. */
  username: matching(/^(?!-)[^\s\p{Cc}\p{Cs}:]{1,255}$/u, 'field.git_username').optional(),
});
const archiveSource = z.strictObject({
  type: z.literal('archive'),
  upload_id: matching(/^up_[a-z0-9]{16,64}$/, 'field.upload_id'),
  subdirectory,
});
export const sourceSchema = z.discriminatedUnion('type', [directorySource, gitSource, archiveSource]);
export type Source = z.infer<typeof sourceSchema>;

/** For whose receiver the secret of callbacks is asked. */
export const callbackSecretSchema = z.strictObject({
  url: z.string().max(2048).refine(isHttpUrl, says('field.http_url')),
});

const whenFull = z.enum(['reject', 'queue']);

const healthCheckSchema = z.strictObject({
  path: matching(/^\/[^\s#]*$/, 'field.url_path')
    .max(2048)
    .optional(),
  expect: z.array(z.int().min(100).max(599)).min(1).max(100).optional(),
  /** Seconds to wait for the first good answer. */
  timeout: z.number().min(1).max(3600).default(60),
  /** Seconds between two probes, once the quick first ones are over. */
  interval: z.number().min(0.05).max(60).default(1),
  /** Seconds a worker must stay up to count as healthy. */
  min_uptime: z.number().min(0).max(600).default(5),
});

const LEAST_BACKOFF_MS = 1000;
const MOST_BACKOFF_MS = 24 * 3_600_000;
const restartSchema = z.strictObject({
  /** Restarts in any 24 hours that nobody asked for. */
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
/** A plain one is no secret: logs show its value. */
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
  .max(4096)
  .refine((text) => !text.includes('\0'), says('field.no_nul'))
  .optional();

const givenConfig = z.strictObject({
  environment_variables: environmentVariables.default({}),
  /** For what installs and builds the app; absent from requests of earlier versions. */
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

/** All values as texts, and the names of those that are no secrets. */
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
  /** Seconds for the whole deployment; time in the queue does not count. */
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
    .refine(
      (value) => new TextEncoder().encode(JSON.stringify(value)).length <= METADATA_BYTES,
      says('field.metadata_size'),
    )
    .superRefine(({ batch_id: label }, context) => {
      if (typeof label === 'string' && !isBatchLabel(label))
        context.addIssue({ code: 'custom', path: ['batch_id'], ...says('field.batch_label') });
    })
    .default({}),
  config: configSchema.prefault({}),
  /** Also taken here, for clients that keep it out of `config`. */
  when_full: whenFull.optional(),
});

/** A start request with every default filled in. Its secrets are sealed once the API has passed it on. */
export type StartRequest = z.infer<typeof startRequestSchema>;

/** Of a query, whose values are text: digits alone, as `Number` takes '' for 0. More than 15 are more than it counts. */
const DIGITS = /^\d{1,15}$/;
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .refine((text) => DIGITS.test(text), says('field.whole_number'))
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .meta({ override: { type: 'integer', minimum: least, maximum: most } }); // as it is described: of the query it is a text

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

/** Of calls that take no query. */
export const noQuerySchema = z.strictObject({});

/** A service's command takes nothing; a rollback may name one of the kept releases. */
export const commandSchema = z.strictObject({});
export const rollbackSchema = z.strictObject({ release: z.string().min(1).max(255).optional() });

/** A service that another one needs, Slipway itself too. */
const dependency = z
  .string()
  .refine((name) => SERVICE_NAME.test(name) || name === OWN_SERVICE, says('field.service_name'));
const dependsOn = z
  .array(dependency)
  .max(100)
  .refine((names) => new Set(names).size === names.length, says('field.unique'));

const healthUrl = z.string().max(2048).refine(isPlainHttpUrl, says('field.health_url'));

/** Registers a service before its first deployment, or one that Slipway only watches (contract §4). */
export const registerSchema = z
  .strictObject({
    // A reserved one is a conflict, and not a spelling mistake: it is refused after all that is wrong was told.
    name: z.string().refine((name) => SERVICE_NAME.test(name) || isReservedName(name), says('field.service_name')),
    /** Without it the first release says which. */
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

/** What a service is from its registration on. */
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
  /** Although other services need it: they do so no longer. */
  force: flag.default(false),
  /** Its data goes, too. */
  purge: flag.default(false),
});

const MOST_ITEMS = 200;
export const batchItemsSchema = z.array(z.unknown()).min(1).max(MOST_ITEMS);
export const batchSchema = z.strictObject({
  deployments: batchItemsSchema,
  on_failure: z.enum(['continue', 'stop']).default('continue'),
  max_parallel: z.int().min(1).max(MOST_ITEMS).optional(),
});

/** What stands beside an item's start request, which is read by itself (contract §3.7). */
export const batchItemSchema = z.looseObject({ depends_on: dependsOn.default([]) });
/** Of an item that is wrong, what can be judged all the same. A service of null is none that can be read. */
export const batchItemPartsSchema = z.object({
  config: z
    .object({
      source: sourceSchema.optional().catch(undefined),
      service: z.string().regex(SERVICE_NAME).nullish().catch(null),
    })
    .catch({}),
});

export const logsQuerySchema = z.strictObject({
  /** Byte offset to read from, or an ISO 8601 time. */
  since: z
    .string()
    .refine((text) => DIGITS.test(text) || isTime(text), says('field.since'))
    .transform((text) => (DIGITS.test(text) ? Number(text) : text))
    .optional(),
  tail: wholeNumber(0, 100_000).optional(),
  step: z.enum(['prepare', 'check', 'install', 'configure', 'start']).optional(),
});
