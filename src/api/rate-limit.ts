// Limits the rate of calls: per key, and per address for calls without a valid key. The limits are separate, so that a
// stranger behind the same address can't lock out a key.
import type { Request, RequestHandler } from 'express';
import { rateLimit, type ClientRateLimitInfo, type Store } from 'express-rate-limit';
import { callerIn } from './auth.js';
import { addressBucketOf } from './client-address.js';
import { Refusal } from './errors.js';
import type { KeyRing } from './keys.js';
import { RecentMap } from './recent-map.js';

const WINDOW_MS = 60_000;
/**
 * The maximum number of buckets, about 3 MB. The least recently used bucket is removed first, so a bucket under attack
 * stays.
 */
const MOST_BUCKETS = 20_000;

/** Limits calls per minute. Allows all calls if `perMinute` is 0. */
export function limitCalls(keys: KeyRing, perMinute: number): RequestHandler {
  if (perMinute === 0)
    return (_req, _res, next) => {
      next();
    };
  const ofKey = limiter('key', perMinute, async (req) => (await callerIn(keys, req))?.keyId ?? '');
  const ofAddress = limiter('address', perMinute, addressBucketOf);
  return async (req, res, next) => {
    const limit = (await callerIn(keys, req)) ? ofKey : ofAddress;
    await limit(req, res, next);
  };
}

function limiter(identifier: string, limit: number, keyGenerator: (req: Request) => string | Promise<string>) {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit,
    identifier,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator,
    store: createBuckets(),
    handler: (_req, res, next) => {
      const seconds = Number(res.get('Retry-After') ?? WINDOW_MS / 1000);
      next(
        new Refusal(
          'rate_limited',
          { text: 'rate_limited', params: { limit, seconds } },
          { 'Retry-After': String(seconds) },
        ),
      );
    },
  });
}

/**
 * Stores the buckets in memory with a maximum size. The library's own store keeps every address of the last two
 * minutes.
 */
export function createBuckets(most = MOST_BUCKETS): Store {
  const buckets = new RecentMap<Required<ClientRateLimitInfo>>(most);
  const current = (key: string): Required<ClientRateLimitInfo> => {
    const bucket = buckets.get(key);
    const isOver = !bucket || bucket.resetTime === undefined || bucket.resetTime.getTime() <= Date.now();
    return isOver ? { totalHits: 0, resetTime: new Date(Date.now() + WINDOW_MS) } : bucket;
  };
  return {
    localKeys: true,
    increment(key) {
      const { totalHits, resetTime } = current(key);
      const bucket = { totalHits: totalHits + 1, resetTime };
      buckets.set(key, bucket);
      return bucket;
    },
    decrement(key) {
      const { totalHits, resetTime } = current(key);
      buckets.set(key, { totalHits: Math.max(0, totalHits - 1), resetTime });
    },
    resetKey(key) {
      buckets.set(key, { totalHits: 0, resetTime: new Date() });
    },
  };
}
