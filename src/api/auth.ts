// Who calls, and whether they may: 401 before 403 before anything is read of the request (contract §2).
import type { Request, RequestHandler } from 'express';
import { SlipwayError } from '../contract/errors.js';
import type { Role } from '../contract/states.js';
import type { Caller, KeyRing } from './keys.js';

const callers = new WeakMap<Request, Caller>();

/** The caller of a request that `requireRole` let through. */
export function callerOf(req: Request): Caller {
  const caller = callers.get(req);
  if (!caller) throw new Error('a route without requireRole asked who calls');
  return caller;
}

/** An admin key may do all that a read key may. */
export function requireRole(keys: KeyRing, role: Role): RequestHandler {
  return async (req, _res, next) => {
    const key = presentedKey(req);
    const caller = key === undefined ? undefined : await keys.check(key);
    if (!caller) throw new SlipwayError('unauthenticated');
    if (role === 'admin' && caller.role !== 'admin') throw new SlipwayError('forbidden');
    callers.set(req, caller);
    next();
  };
}

function presentedKey(req: Request): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '') ?? [];
  return bearer ?? req.get('X-API-Key');
}
