// The OpenAPI 3.1 description, built from the table of endpoints and from the schemas that validate requests.
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { z } from 'zod';
import { problemAnswer } from '../contract/answers.js';
import { HTTP_STATUS, SlipwayError, type HttpCode } from '../contract/errors.js';
import { storedMessage } from '../contract/texts.js';
import { OPERATIONS, OTHER_TYPES, TAGS, type AnswerBody, type Operation } from '../contract/operations.js';
import { discordId } from '../contract/permissions.js';
import { API_VERSION } from '../contract/views.js';
import { PROBLEM_TYPE, problemOf } from './problem.js';

type Document = ReturnType<typeof createDocument>;

const WORDS = {
  200: 'Done',
  201: 'Made',
  202: 'Accepted',
  204: 'Done',
  503: 'Out of reach; what is known all the same',
};
/** The errors that every call under `/api` can return. */
const ALWAYS: HttpCode[] = ['malformed', 'rate_limited', 'temporal_unavailable', 'internal'];
const WITH_KEY: HttpCode[] = ['unauthenticated', 'forbidden'];
/** The error of every call with a key, because each checks its query. */
const WITH_QUERY: HttpCode[] = ['invalid'];
/** The error of calls that change something: without an audit entry, the change isn't made. */
const WITH_LINE: HttpCode[] = ['audit_unavailable'];

let made: Document | undefined;
/** Builds the description on first use, because it takes tens of milliseconds and is rarely requested. */
export function description(): Document {
  made ??= createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Slipway',
      version: API_VERSION,
      description: 'Durable deployments of Python bots and web services on your own hosts.',
      contact: { name: 'The maintainers of Slipway' },
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This Slipway' }],
    tags: Object.entries(TAGS).map(([name, text]) => ({ name, description: text })),
    security: [{ key: [] }],
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: '`Authorization: Bearer <key>`, or `X-API-Key`' },
      },
    },
    paths: pathsOf(OPERATIONS),
  });
  return made;
}

function pathsOf(operations: readonly Operation[]): ZodOpenApiObject['paths'] {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describe(operation) };
  }
  return paths;
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { id, tag, summary, description: text, who, query, body, isRepeatable } = operation;
  const names = [...operation.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: text,
    ...(who === 'anybody' && { security: [] }),
    ...(who !== 'anybody' && who !== 'any key' && { 'x-action': who }),
    requestParams: {
      ...(names.length > 0 && { path: z.object(Object.fromEntries(names.map((name) => [name, pathParameter]))) }),
      ...(query && { query }),
      header: headersOf(operation, isRepeatable === true),
    },
    ...(body && { requestBody: bodyOf(body) }),
    responses: { ...answersOf(operation), ...refusalsOf(operation) },
  };
}

const pathParameter = z.string().min(1);

const headersOf = ({ who }: Operation, isRepeatable: boolean) =>
  z.object({
    'Accept-Language': z.string().optional().meta({ description: '`en` for English texts', example: 'en' }),
    ...(isRepeatable && {
      'Idempotency-Key': z
        .string()
        .regex(/^[\x21-\x7e]{1,255}$/)
        .optional()
        .meta({ description: 'The same key and body answer the first answer again, for 24 h' }),
    }),
    ...(who !== 'anybody' && {
      'X-User-Id': discordId.optional().meta({ description: 'For whom a bound key calls' }),
      'X-Guild-Id': discordId.optional().meta({ description: 'Where' }),
    }),
  });

function bodyOf(body: NonNullable<Operation['body']>): ZodOpenApiOperationObject['requestBody'] {
  if ('file' in body) return { required: true, content: { [body.file]: { schema: binary } } };
  return { required: true, content: { 'application/json': { schema: body.schema, example: body.example } } };
}
const binary = z.string().meta({ override: { type: 'string', format: 'binary' } });

function answersOf({ path, answers }: Operation): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => {
      const others = Object.entries((status === '200' ? OTHER_TYPES[path] : undefined) ?? {});
      const texts = Object.fromEntries(others.map(([type, text]) => [type, textOf(text)]));
      const content = { ...contentOf(answer), ...texts };
      const description = WORDS[Number(status) as keyof typeof WORDS];
      return [status, answer === 'nothing' ? { description } : { description, content }];
    }),
  );
}

function contentOf(answer: AnswerBody): NonNullable<ZodOpenApiResponseObject['content']> {
  if (answer === 'nothing') return {};
  if ('text' in answer) return Object.fromEntries(answer.text.map((type) => [type, textOf(answer.example)]));
  return { 'application/json': { schema: answer } };
}

const textOf = (example: string) => ({ schema: z.string(), example });

const example = (code: HttpCode): SlipwayError =>
  // Otherwise the text is for a deployment.
  new SlipwayError(code, storedMessage({ text: code === 'disk_full' ? 'disk_full.call' : code, params: {} }));

/** The error for an address or headers over 16 KiB, which Node rejects before the app handles the call. */
const tooLong = {
  description: '`malformed`',
  content: { [PROBLEM_TYPE]: { schema: problemAnswer } },
};

/** Returns the error responses by status, with an example for each code. */
function refusalsOf({ method, path, who, refusals, answers }: Operation): Record<string, ZodOpenApiResponseObject> {
  const [isCall, isKeyed] = [path.startsWith('/api'), who !== 'anybody'];
  const codes = new Set<HttpCode>([
    ...(isCall ? ALWAYS : []),
    ...(isKeyed ? WITH_KEY : []),
    ...(isCall && isKeyed ? WITH_QUERY : []),
    ...(method === 'get' ? [] : WITH_LINE),
    ...refusals,
  ]);
  const byStatus = new Map<number, HttpCode[]>();
  for (const code of codes) byStatus.set(HTTP_STATUS[code], [...(byStatus.get(HTTP_STATUS[code]) ?? []), code]);
  const responses = [...byStatus].map(([status, these]) => {
    const examples = Object.fromEntries(
      these.map((code) => [code, { value: problemOf(example(code), 'en', '/api/…') }]),
    );
    const own = status === 503 && answers[503] ? contentOf(answers[503]) : {};
    return [
      String(status),
      {
        description: these.map((code) => `\`${code}\``).join(', '),
        content: { [PROBLEM_TYPE]: { schema: problemAnswer, examples }, ...own },
      },
    ];
  });
  return { ...Object.fromEntries(responses), 431: tooLong } as Record<string, ZodOpenApiResponseObject>;
}
