// Parses JSON strictly: UTF-8, no duplicate keys, no prototype keys, and limited depth. So different parsers can't read
// different values from the same body.
import type { Request, RequestHandler } from 'express';
import { visit } from 'jsonc-parser';
import secureJson from 'secure-json-parse';
import { SlipwayError } from '../contract/errors.js';
import { messageOf, type TextWith } from '../contract/texts.js';
import { bodyOf } from './body.js';

const LARGEST_BYTES = 64 * 1024;
/** Deeper than any real request. Prevents stack overflows in later steps. */
const DEEPEST = 32;
/** ASCII is a subset of UTF-8. */
const CHARSET = /^(utf-?8|us-ascii)$/i;

/** Parses the body into `req.body`. Without a body, `req.body` is `{}`. */
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

/** Returns true if an object has the same key twice, even with equal values. Parsers handle duplicates differently. */
function hasKeyTwice(text: string): boolean {
  const objects: Set<string>[] = [];
  let isRepeated = false;
  visit(text, {
    onObjectBegin: () => void objects.push(new Set()),
    onObjectEnd: () => void objects.pop(),
    onObjectProperty: (key) => {
      const keys = objects.at(-1);
      isRepeated ||= keys?.has(key) ?? false;
      keys?.add(key);
    },
  });
  return isRepeated;
}

function attempt<T>(otherwise: TextWith<never>, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new SlipwayError('malformed', { ...messageOf(otherwise, {}), cause });
  }
}

/** Returns the depth of a value. Walks it level by level, because recursion could overflow the stack. */
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
