// Strict JSON: UTF-8, no duplicate keys, no prototype keys, no absurd depth. Two readings of one body never differ.
import express, { type RequestHandler } from 'express';
import { visit } from 'jsonc-parser';
import secureJson from 'secure-json-parse';
import { SlipwayError } from '../contract/errors.js';
import type { TextKey } from '../contract/texts.js';

const LONGEST_BODY = 64 * 1024;
/** Far beyond any real request; keeps every later walk of the body off the end of the stack. */
const DEEPEST = 32;

const readBytes = express.raw({ type: () => true, limit: LONGEST_BODY, inflate: false });

/** Leaves the parsed body in `req.body`: `{}` when there was none. */
export const jsonBody: RequestHandler = (req, res, next) => {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (hasBody && !req.is('application/json')) {
    const type = (req.headers['content-type'] ?? '?').slice(0, 100);
    next(new SlipwayError('unsupported_media_type', { params: { type, expected: 'application/json' } }));
    return;
  }
  readBytes(req, res, (error?: unknown) => {
    if (error) {
      next(error);
      return;
    }
    try {
      req.body = Buffer.isBuffer(req.body) && req.body.length > 0 ? parseStrictly(req.body) : {};
      next();
    } catch (refusal) {
      next(refusal);
    }
  });
};

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
