// Strict JSON: UTF-8, no duplicate keys, no prototype keys, no absurd depth. Two readings of one body never differ.
import type { Request, RequestHandler } from 'express';
import { visit } from 'jsonc-parser';
import secureJson from 'secure-json-parse';
import { SlipwayError } from '../contract/errors.js';
import type { TextKey } from '../contract/texts.js';
import { bodyOf } from './body.js';

const LARGEST_BYTES = 64 * 1024;
/** Far beyond any real request; keeps every later walk of the body off the end of the stack. */
const DEEPEST = 32;
/** ASCII is a part of UTF-8. */
const CHARSET = /^(utf-?8|us-ascii)$/i;

/** Leaves the parsed body in `req.body`: `{}` when there was none. */
export const jsonBody: RequestHandler = async (req, _res, next) => {
  const bytes = hasBody(req) ? await bytesOf(req) : undefined;
  req.body = bytes && bytes.length > 0 ? parseStrictly(bytes) : {};
  next();
};

const announcedBytes = (req: Request): number => Number(req.get('Content-Length') ?? 0);
const hasBody = (req: Request): boolean => req.get('Transfer-Encoding') !== undefined || announcedBytes(req) > 0;

async function bytesOf(req: Request): Promise<Buffer> {
  mustBePlainJson(req);
  if (announcedBytes(req) > LARGEST_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let count = 0;
  for await (const chunk of bodyOf(req)) {
    count += chunk.length;
    if (count > LARGEST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (): SlipwayError => new SlipwayError('too_large', { params: { limit: '64 KiB' } });

function mustBePlainJson(req: Request): void {
  const type = (req.get('Content-Type') ?? '?').slice(0, 100);
  if (!req.is('application/json'))
    throw new SlipwayError('unsupported_media_type', { params: { type, expected: 'application/json' } });
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(type) ?? [];
  if (!CHARSET.test(charset))
    throw new SlipwayError('unsupported_media_type', { text: 'unsupported_media_type.charset', params: { charset } });
  const encoding = (req.get('Content-Encoding') ?? 'identity').slice(0, 100);
  if (encoding.toLowerCase() !== 'identity')
    throw new SlipwayError('unsupported_media_type', { text: 'unsupported_media_type.encoding', params: { encoding } });
}

export function parseStrictly(bytes: Uint8Array): unknown {
  const text = attempt('malformed.not_utf8', () => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const value = attempt('malformed.not_json', () => JSON.parse(text) as unknown);
  if (depthOf(value) > DEEPEST)
    throw new SlipwayError('malformed', { text: 'malformed.too_deep', params: { deepest: DEEPEST } });
  attempt(
    'malformed.prototype_key',
    () => secureJson.parse(text, { protoAction: 'error', constructorAction: 'error' }) as unknown,
  );
  if (hasKeyTwice(text)) throw new SlipwayError('malformed', { text: 'malformed.key_twice' });
  return value;
}

/** In one object, with an equal value too: two readers may still take it for two things. */
function hasKeyTwice(text: string): boolean {
  const objects: Set<string>[] = [];
  let found = false;
  visit(text, {
    onObjectBegin: () => void objects.push(new Set()),
    onObjectEnd: () => void objects.pop(),
    onObjectProperty: (key) => {
      const keys = objects.at(-1);
      found ||= keys?.has(key) ?? false;
      keys?.add(key);
    },
  });
  return found;
}

function attempt<T>(otherwise: TextKey, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new SlipwayError('malformed', { text: otherwise, cause });
  }
}

/** Walked level by level: a recursive walk is what it protects from. */
function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  let depth = 0;
  while (level.length > 0 && depth <= DEEPEST) {
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? (Object.values(item) as unknown[]) : [],
    );
    depth += 1;
  }
  return depth;
}
