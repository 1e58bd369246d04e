// The table of all API endpoints: permission, request, responses and errors. The OpenAPI description is built from this
// table, and a test compares the table with the routes.
import { z } from 'zod';
import * as answers from './answers.js';
import type { HttpCode } from './errors.js';
import { auditQuerySchema, newKeySchema, permissionQuerySchema } from './keys.js';
import type { Action } from './permissions.js';
import { newSessionSchema } from './sessions.js';
import {
  batchSchema,
  callbackSecretSchema,
  commandSchema,
  eventsQuerySchema,
  listQuerySchema,
  logsQuerySchema,
  patchServiceSchema,
  registerSchema,
  servicesQuerySchema,
  rollbackSchema,
  startRequestSchema,
  unregisterQuerySchema,
} from './requests.js';

export const TAGS = {
  deployments: 'Start, watch and cancel deployments',
  batches: 'Whole sets, in the order of their dependencies',
  services: 'What runs, and what is done with it',
  keys: 'Who may do what, and who did',
  probes: 'For whoever runs Slipway',
} as const;

/** The body of a successful response: JSON with a schema, text with media types, or nothing. */
export type AnswerBody = z.ZodType | { text: string[]; example: string } | 'nothing';

export interface Operation {
  id: string;
  method: 'get' | 'post' | 'patch' | 'delete';
  /** As in the router: `/api/services/:name`. */
  path: string;
  tag: keyof typeof TAGS;
  summary: string;
  description?: string;
  /** `anybody`: no key is needed. `any key`: any valid key, whatever its permissions. */
  who: Action | 'anybody' | 'any key';
  /** If absent, the endpoint has no query parameters. */
  query?: z.ZodObject;
  /** JSON with an example, or a file with a media type. */
  body?: { schema: z.ZodType; example: unknown } | { file: string };
  /** True if a client can retry the call with an `Idempotency-Key`. */
  isRepeatable?: true;
  answers: Partial<Record<200 | 201 | 202 | 204 | 503, AnswerBody>>;
  /** The errors in addition to those that every call can return. */
  refusals: HttpCode[];
}

const ndjson = '{"ts":"2026-01-02T03:04:06.000Z","step":"install","stream":"stdout","line":"Installed 12 packages"}\n';
const progressStream = `id: 5\nevent: progress\ndata: ${JSON.stringify(answers.progressAnswer.meta()?.['example'])}\n\n`;
const logTypes = ['text/plain', 'application/x-ndjson'];

const exampleStart = {
  mode: 'auto',
  environment: 'prod',
  metadata: { initiated_by: 'user_12345' },
  config: {
    service: 'roas-bot',
    source: { type: 'git', url: 'https://git.example.com/roas/bot.git', ref: 'main' },
    environment_variables: { DISCORD_TOKEN: '…' },
    persist: ['bot.db'],
  },
};

const WRITES: HttpCode[] = ['maintenance'];
const FULL: HttpCode[] = [
  'concurrency_limit',
  'queue_full',
  'engine_unavailable',
  'tool_missing',
  'python_unavailable',
];
const BODY: HttpCode[] = ['malformed', 'unsupported_media_type', 'too_large'];

export const OPERATIONS: Operation[] = [
  ...(['/api/deployment/health', '/api/deployments/health'] as const).map((path): Operation => ({
    id: path === '/api/deployment/health' ? 'getHealth' : 'getDeploymentsHealth',
    method: 'get',
    path,
    tag: 'deployments',
    summary: 'How Slipway is, and what it can run',
    description: 'Answers within 2 s. If a part is out of reach, the status is 503 and the body has the known facts.',
    who: 'health',
    answers: { 200: answers.healthAnswer, 503: answers.healthAnswer },
    refusals: [],
  })),
  {
    id: 'startDeployment',
    method: 'post',
    path: '/api/deployments',
    tag: 'deployments',
    summary: 'Start a deployment',
    description: '202 means that the deployment is durable: it reaches exactly one end, even if parts of Slipway die.',
    who: 'deploy',
    body: { schema: startRequestSchema, example: exampleStart },
    isRepeatable: true,
    answers: { 202: answers.startedAnswer },
    refusals: [...BODY, 'reserved', 'idempotency_key_reused', ...FULL, ...WRITES],
  },
  {
    id: 'listDeployments',
    method: 'get',
    path: '/api/deployments',
    tag: 'deployments',
    summary: 'The history: those in flight first, then by their end',
    who: 'list',
    query: listQuerySchema,
    answers: { 200: answers.deploymentsAnswer },
    refusals: [],
  },
  {
    id: 'getDeployment',
    method: 'get',
    path: '/api/deployments/:id',
    tag: 'deployments',
    summary: 'The status of a deployment',
    who: 'status',
    answers: { 200: answers.statusAnswer },
    refusals: ['not_found'],
  },
  {
    id: 'getProgress',
    method: 'get',
    path: '/api/deployments/:id/progress',
    tag: 'deployments',
    summary: 'How far it is; as a stream with `Accept: text/event-stream`',
    who: 'progress',
    answers: { 200: answers.progressAnswer },
    refusals: ['not_found', 'not_acceptable'],
  },
  {
    id: 'getDeploymentLogs',
    method: 'get',
    path: '/api/deployments/:id/logs',
    tag: 'deployments',
    summary: 'Read the log of its steps; `Accept: text/event-stream` follows it',
    who: 'logs',
    query: logsQuerySchema,
    answers: { 200: { text: logTypes, example: ndjson } },
    refusals: ['not_found', 'not_acceptable'],
  },
  {
    id: 'listCallbacks',
    method: 'get',
    path: '/api/deployments/:id/callbacks',
    tag: 'deployments',
    summary: 'Each callback, and what became of it',
    who: 'status',
    answers: { 200: answers.deliveriesAnswer },
    refusals: ['not_found'],
  },
  {
    id: 'cancelDeployment',
    method: 'post',
    path: '/api/deployments/:id/cancel',
    tag: 'deployments',
    summary: 'Cancel a deployment',
    description: 'Answered when it is cancelled; past 10 s 202, and it goes on by itself.',
    who: 'cancel',
    body: { schema: z.json(), example: {} },
    answers: { 200: answers.cancelledAnswer, 202: answers.cancelledAnswer },
    refusals: [...BODY, 'not_found', 'already_finished'],
  },
  {
    id: 'uploadSource',
    method: 'post',
    path: '/api/uploads',
    tag: 'deployments',
    summary: 'Upload a source as a gzip tar, for `"source":{"type":"archive"}`',
    who: 'deploy',
    body: { file: 'application/gzip' },
    answers: { 201: answers.uploadAnswer },
    refusals: [...BODY, 'disk_full', ...WRITES],
  },
  {
    id: 'startBatch',
    method: 'post',
    path: '/api/deployments/batch',
    tag: 'batches',
    summary: 'Deploy a set of services',
    who: 'deploy',
    body: {
      schema: batchSchema,
      example: { deployments: [exampleStart], on_failure: 'continue', max_parallel: 3 },
    },
    isRepeatable: true,
    answers: { 202: answers.batchAnswer },
    refusals: [...BODY, 'reserved', 'idempotency_key_reused', ...FULL, ...WRITES],
  },
  {
    id: 'getBatch',
    method: 'get',
    path: '/api/batches/:id',
    tag: 'batches',
    summary: 'How a batch is, and each of its items',
    who: 'status',
    answers: { 200: answers.batchAnswer },
    refusals: ['not_found'],
  },
  {
    id: 'cancelBatch',
    method: 'post',
    path: '/api/batches/:id/cancel',
    tag: 'batches',
    summary: 'Cancel what runs of a batch, and drop what waits',
    who: 'cancel',
    body: { schema: z.json(), example: {} },
    answers: { 200: answers.batchCancelledAnswer, 202: answers.batchCancelledAnswer },
    refusals: [...BODY, 'not_found', 'already_finished'],
  },
  {
    id: 'listServices',
    method: 'get',
    path: '/api/services',
    tag: 'services',
    summary: 'All services, a thousand on a page',
    who: 'list',
    query: servicesQuerySchema,
    answers: { 200: answers.servicesAnswer },
    refusals: [],
  },
  {
    id: 'registerService',
    method: 'post',
    path: '/api/services',
    tag: 'services',
    summary: 'Register a service before its first deployment, or one that runs elsewhere',
    who: 'deploy',
    body: { schema: registerSchema, example: { name: 'roas-bot', kind: 'worker', type: 'sub_bot', depends_on: [] } },
    answers: { 201: answers.serviceAnswer },
    refusals: [...BODY, 'name_taken', 'reserved', 'registry_full', ...WRITES],
  },
  {
    id: 'discoverServices',
    method: 'get',
    path: '/api/services/discovery',
    tag: 'services',
    summary: 'All services in four groups, Slipway itself among the first',
    who: 'list',
    answers: { 200: answers.discoveryAnswer },
    refusals: [],
  },
  {
    id: 'getService',
    method: 'get',
    path: '/api/services/:name',
    tag: 'services',
    summary: 'A service and its releases',
    who: 'status',
    answers: { 200: answers.serviceAnswer },
    refusals: ['not_found'],
  },
  {
    id: 'patchService',
    method: 'patch',
    path: '/api/services/:name',
    tag: 'services',
    summary: 'Change what a service is registered as',
    who: 'deploy',
    body: { schema: patchServiceSchema, example: { type: 'ai', depends_on: ['lavalink'] } },
    answers: { 200: answers.serviceAnswer },
    refusals: [...BODY, 'not_found', 'reserved', 'registry_full', ...WRITES],
  },
  {
    id: 'unregisterService',
    method: 'delete',
    path: '/api/services/:name',
    tag: 'services',
    summary: 'Stop a service and forget it; `purge` takes its data, too, also what an unregistered one left',
    who: 'unregister',
    query: unregisterQuerySchema,
    answers: { 204: 'nothing', 202: answers.unregisteringAnswer },
    refusals: ['not_found', 'reserved', 'has_dependants', ...WRITES],
  },
  {
    id: 'getServiceHealth',
    method: 'get',
    path: '/api/services/:name/health',
    tag: 'services',
    summary: 'Whether a service is well',
    who: 'health',
    answers: { 200: answers.serviceHealthAnswer },
    refusals: ['not_found'],
  },
  {
    id: 'listServiceEvents',
    method: 'get',
    path: '/api/services/:name/events',
    tag: 'services',
    summary: 'List the events of a service, oldest first',
    who: 'status',
    query: eventsQuerySchema,
    answers: { 200: answers.eventsAnswer },
    refusals: ['not_found'],
  },
  {
    id: 'listReleases',
    method: 'get',
    path: '/api/services/:name/releases',
    tag: 'services',
    summary: 'The kept releases, the one that served last first',
    who: 'status',
    answers: { 200: answers.releasesAnswer },
    refusals: ['not_found'],
  },
  {
    id: 'getServiceLogs',
    method: 'get',
    path: '/api/services/:name/logs',
    tag: 'services',
    summary: "Read the app's log; `Accept: text/event-stream` follows it",
    who: 'logs',
    query: logsQuerySchema,
    answers: { 200: { text: logTypes, example: ndjson } },
    refusals: ['not_found', 'not_acceptable'],
  },
  ...(['start', 'stop', 'restart'] as const).map((command): Operation => ({
    id: `${command}Service`,
    method: 'post',
    path: `/api/services/:name/${command}`,
    tag: 'services',
    summary: `${command[0]?.toUpperCase() ?? ''}${command.slice(1)} a service`,
    description: 'Accepted, which is not done: the event with the `command_id` says how it went.',
    who: 'restart',
    body: { schema: commandSchema, example: {} },
    answers: { 202: answers.commandAnswer },
    refusals: [...BODY, 'not_found', 'reserved', ...WRITES],
  })),
  {
    id: 'rollbackService',
    method: 'post',
    path: '/api/services/:name/rollback',
    tag: 'services',
    summary: 'Put a kept release back, by default the one that served before',
    description: 'Accepted, which is not done: the event with the `command_id` says how it went.',
    who: 'rollback',
    body: { schema: rollbackSchema, example: { release: 'uv_20260102_030405_a1b2c3d4' } },
    answers: { 202: answers.commandAnswer },
    refusals: [...BODY, 'not_found', 'reserved', ...WRITES],
  },
  {
    id: 'checkPermission',
    method: 'get',
    path: '/api/permissions/check',
    tag: 'keys',
    summary: 'List what a user may do with the calling key, or by a policy',
    who: 'any key',
    query: permissionQuerySchema,
    answers: { 200: answers.permissionAnswer },
    refusals: [],
  },
  {
    id: 'listKeys',
    method: 'get',
    path: '/api/keys',
    tag: 'keys',
    summary: 'All keys, without themselves',
    who: 'administer',
    answers: { 200: answers.keysAnswer },
    refusals: [],
  },
  {
    id: 'createKey',
    method: 'post',
    path: '/api/keys',
    tag: 'keys',
    summary: 'Create a key; only this answer contains it',
    who: 'administer',
    body: {
      schema: newKeySchema,
      example: { role: 'admin', name: 'CI of roas', scopes: ['deploy', 'status'], services: ['roas-*'] },
    },
    answers: { 201: answers.newKeyAnswer },
    refusals: [...BODY, 'disk_full'],
  },
  {
    id: 'revokeKey',
    method: 'delete',
    path: '/api/keys/:id',
    tag: 'keys',
    summary: 'Revoke a key, at once',
    who: 'administer',
    answers: { 204: 'nothing' },
    refusals: ['not_found', 'reserved'],
  },
  {
    id: 'createLoginCode',
    method: 'post',
    path: '/api/login-codes',
    tag: 'keys',
    summary: 'Make a link that logs one browser in, once, within ten minutes',
    who: 'administer',
    body: { schema: z.strictObject({}), example: {} },
    answers: { 201: answers.loginCodeAnswer },
    refusals: [...BODY, 'disk_full'],
  },
  {
    id: 'createSession',
    method: 'post',
    path: '/api/sessions',
    tag: 'keys',
    summary: 'Trade a login code for a session, which is a key for twelve hours',
    description: 'The session ends earlier when the key that made the code is revoked.',
    who: 'anybody',
    body: { schema: newSessionSchema, example: { code: 'p3vK-example' } },
    answers: { 201: answers.sessionAnswer },
    refusals: [...BODY, 'unauthenticated', 'invalid', 'disk_full'],
  },
  {
    id: 'getCallbackSecret',
    method: 'post',
    path: '/api/callbacks/secret',
    tag: 'keys',
    summary: 'The secret that signs callbacks to one URL, for its receiver',
    who: 'administer',
    body: { schema: callbackSecretSchema, example: { url: 'https://hooks.example.com/bot' } },
    answers: { 200: answers.callbackSecretAnswer },
    refusals: BODY,
  },
  {
    id: 'listAudit',
    method: 'get',
    path: '/api/audit',
    tag: 'keys',
    summary: 'Who did what, latest first',
    description: 'With `format=ndjson` all lines of one trail as they are kept, oldest first.',
    who: 'administer',
    query: auditQuerySchema,
    answers: { 200: answers.auditAnswer },
    refusals: [],
  },
  {
    id: 'verifyAudit',
    method: 'get',
    path: '/api/audit/verify',
    tag: 'keys',
    summary: 'Whether a line of the audit trail was changed or removed',
    who: 'administer',
    answers: { 200: answers.auditCheckAnswer },
    refusals: [],
  },
  {
    id: 'getDescription',
    method: 'get',
    path: '/api/openapi.json',
    tag: 'probes',
    summary: 'This description',
    who: 'anybody',
    answers: { 200: z.looseObject({ openapi: z.string() }).meta({ example: { openapi: '3.1.0' } }) },
    refusals: [],
  },
  {
    id: 'getDocs',
    method: 'get',
    path: '/api/docs',
    tag: 'probes',
    summary: 'A page to read and try it',
    who: 'anybody',
    answers: { 200: { text: ['text/html'], example: '<!doctype html>' } },
    refusals: [],
  },
  {
    id: 'getLiveness',
    method: 'get',
    path: '/livez',
    tag: 'probes',
    summary: 'Whether the API lives',
    who: 'anybody',
    answers: { 200: answers.probeAnswer },
    refusals: [],
  },
  {
    id: 'getReadiness',
    method: 'get',
    path: '/readyz',
    tag: 'probes',
    summary: 'Whether Slipway can deploy',
    who: 'anybody',
    answers: { 200: answers.probeAnswer },
    refusals: ['temporal_unavailable', 'maintenance'],
  },
  {
    id: 'getMetrics',
    method: 'get',
    path: '/metrics',
    tag: 'probes',
    summary: 'Metrics, as Prometheus reads them',
    who: 'health',
    answers: { 200: { text: ['text/plain'], example: 'slipway_slots 3\n' } },
    refusals: [],
  },
];

const EVENT_STREAM = 'text/event-stream';
const logStream = { [EVENT_STREAM]: `id: 1024\nevent: log\ndata: ${ndjson}\n` };
const [auditEntry] = answers.auditAnswer.meta()?.['example'] as unknown[];
const auditLine = `${JSON.stringify(auditEntry)}\n`;

/** Other media types of a path's response, each with an example. */
export const OTHER_TYPES: Partial<Record<string, Record<string, string>>> = {
  '/api/deployments/:id/progress': { [EVENT_STREAM]: progressStream },
  '/api/deployments/:id/logs': logStream,
  '/api/services/:name/logs': logStream,
  '/api/audit': { 'application/x-ndjson': auditLine },
};
