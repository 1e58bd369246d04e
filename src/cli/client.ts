// The HTTP client of the API. Each call returns the response body, or throws an error with a text.
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Language } from '../contract/states.js';
import type { Problem } from './bodies.js';
import { CliError, Refused, reasonOf } from './errors.js';
import type { Place } from './find.js';

export type Query = Record<string, string | number | boolean | undefined>;

export interface Page<T> {
  items: T[];
  /** The cursor of the next page. */
  next?: string;
}

/** The time limit of calls without an upload. Most calls respond immediately; a cancellation takes up to 10 s. */
const ANSWER_MS = 30_000;

/** The text of `fetch` for ports that it blocks, for example 1, 22 and 6000. */
const BLOCKED_PORT = 'bad port';

export interface Ask {
  method?: string;
  query?: Query;
  headers?: Record<string, string>;
  body?: unknown;
  /** Statuses to accept in addition to 2xx, because their body still has the requested content. */
  alsoGood?: number[];
  signal?: AbortSignal;
}

export type Client = ReturnType<typeof createClient>;

/** The person for whom the CLI calls. Keys with a policy need a person. */
export interface OnBehalf {
  user?: string;
  guild?: string;
}

export function createClient({ url, key }: Place, language: Language, { user, guild }: OnBehalf = {}) {
  const standing = {
    Authorization: `Bearer ${key}`,
    'Accept-Language': language,
    ...(user !== undefined && { 'X-User-Id': user }),
    ...(guild !== undefined && { 'X-Guild-Id': guild }),
  };
  return { url, open, get, send, page, upload };

  /** Returns the response without reading its body. Throws for an error response. */
  async function open(path: string, ask: Ask = {}): Promise<Response> {
    const { method = 'GET', query = {}, headers, body, alsoGood = [], signal } = ask;
    const isStream = body instanceof Readable;
    const answer = await reached(
      fetch(`${url}/api${path}${queryText(query)}`, {
        method,
        headers: {
          ...standing,
          ...(body !== undefined && !isStream && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: isStream ? body : JSON.stringify(body), duplex: 'half' as const }),
        signal: signal ?? null,
        redirect: 'manual',
      }),
    );
    if (answer.ok || alsoGood.includes(answer.status)) return answer;
    throw await refusalOf(answer);
  }

  async function send<T>(path: string, ask: Ask): Promise<T> {
    const answer = await open(path, { signal: AbortSignal.timeout(ANSWER_MS), ...ask });
    if (answer.status === 204) return undefined as T;
    if (!isJson(answer)) throw notSlipway(answer);
    return (await reached(answer.json())) as T;
  }

  function get<T>(path: string, query?: Query): Promise<T> {
    return send<T>(path, { query });
  }

  async function page<T>(path: string, query: Query): Promise<Page<T>> {
    const answer = await open(path, { query, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!isJson(answer)) throw notSlipway(answer);
    const [, target] = /<([^>]*)>; rel="next"/.exec(answer.headers.get('Link') ?? '') ?? [];
    const next = target === undefined ? null : new URL(target, url).searchParams.get('cursor');
    return { items: (await reached(answer.json())) as T[], ...(next !== null && { next }) };
  }

  async function upload<T>(path: string, signal: AbortSignal): Promise<T> {
    const headers = { 'Content-Type': 'application/gzip' };
    return send<T>('/uploads', { method: 'POST', headers, body: createReadStream(path), signal });
  }

  async function reached<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error; // aborted by the CLI itself
      const reason = reasonOf(error);
      if (reason === BLOCKED_PORT) throw new CliError('blocked_port', { url }, error);
      throw new CliError('unreachable', { url, reason }, error);
    }
  }

  async function refusalOf(answer: Response): Promise<Error> {
    if (!isJson(answer)) return notSlipway(answer);
    const body = (await reached(answer.json())) as Partial<Problem>;
    return typeof body.detail === 'string' ? new Refused(body as Problem) : notSlipway(answer);
  }

  function notSlipway({ status }: Response): CliError {
    return new CliError('not_slipway', { url, status });
  }
}

const isJson = (answer: Response): boolean => /[/+]json\b/.test(answer.headers.get('Content-Type') ?? '');

function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

/** Encodes a part of a path. */
export const part = (text: string): string => encodeURIComponent(text);
