// How often one may call: by address and by key, before anything else is looked at (contract §8).
import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { presentedKey } from './auth.js';
import { Refusal } from './errors.js';

const WINDOW_MS = 60_000;

/** Each in a window of a minute. None when `perMinute` is 0. */
export function rateLimits(perMinute: number): RequestHandler[] {
  if (perMinute === 0) return [];
  const limit = (of: string, keyGenerator: (req: Parameters<RequestHandler>[0]) => string | undefined) =>
    rateLimit({
      windowMs: WINDOW_MS,
      limit: perMinute,
      identifier: of,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      keyGenerator: (req) => keyGenerator(req) ?? '',
      skip: (req) => keyGenerator(req) === undefined,
      handler: (_req, res, next) => {
        const seconds = Number(res.get('Retry-After') ?? WINDOW_MS / 1000);
        next(
          new Refusal('rate_limited', { params: { limit: perMinute, seconds } }, { 'Retry-After': String(seconds) }),
        );
      },
    });
  return [
    limit('address', (req) => ipKeyGenerator(req.socket.remoteAddress ?? '')),
    limit('key', (req) => digestOf(presentedKey(req))), // what is kept in memory is no key
  ];
}

const digestOf = (key: string | undefined): string | undefined =>
  key === undefined ? undefined : createHash('sha256').update(key).digest('hex');
