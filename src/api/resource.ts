// What a path names is looked for before anything else of the request is judged: 404 comes before 422 (contract §2).
import type { Request, RequestHandler } from 'express';
import { SlipwayError } from '../contract/errors.js';
import { mustReachFound } from './auth.js';
import type { AuditTarget } from './audit.js';
import { refuseQuery } from './parse.js';

export interface Resource<T> {
  /** In a route's chain: after the key and the body were read, and before their content counts. */
  find: RequestHandler;
  /** What was found. */
  of(req: Request): T;
}

/** The services that a found thing is about, and what a line of the audit trail names. */
type Concerns<T> = (found: T) => { services: (string | null)[]; target: AuditTarget };

/**
 * By a parameter of the path. `read` answers undefined for what isn't there, or can't be. With `concerns`, a caller who
 * doesn't reach its services is refused; a service in the path was judged before.
 */
export function resource<T extends object>(
  parameter: string,
  read: (id: string) => Promise<T | undefined>,
  concerns?: Concerns<T>,
): Resource<T> {
  const found = new WeakMap<Request, T>();
  return {
    find: async (req, _res, next) => {
      const id = String(req.params[parameter]);
      const there = await read(id);
      if (!there) throw unknown(id);
      const about = concerns?.(there);
      if (about) mustReachFound(req, about.services, about.target);
      found.set(req, there);
      next();
    },
    of: (req) => {
      const there = found.get(req);
      if (!there) throw new Error('a route asked for what it did not look for');
      return there;
    },
  };
}

/** Of a call that takes no query, and looks itself for what its path names: asked beforehand only where there is one. */
export async function refuseQueryOf(id: string, req: Request, isThere: () => Promise<unknown>): Promise<void> {
  if (Object.keys(req.query).length === 0) return;
  if (!(await isThere())) throw unknown(id);
  refuseQuery(req);
}

export const unknown = (what: string): SlipwayError =>
  new SlipwayError('not_found', { params: { what: what.slice(0, 200) } });
