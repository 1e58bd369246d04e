// Looks up the resource in the path before the rest of the request is checked, so that 404 comes before 422.
import type { Request, RequestHandler } from 'express';
import { SlipwayError } from '../contract/errors.js';
import { mustReachFound } from './auth.js';
import type { AuditTarget } from './audit.js';
import { refuseQuery } from './parse.js';

export interface RouteResource<T> {
  /** Used in a route after authentication and reading the body, and before the body's content is checked. */
  find: RequestHandler;
  /** Returns the resource. */
  of(req: Request): T;
}

/** Returns the services that a resource belongs to, and the target for the audit entry. */
type Concerns<T> = (resource: T) => { services: (string | null)[]; target: AuditTarget };

/**
 * Looks up a resource by a path parameter. `read` returns undefined if the resource doesn't exist or can't exist. With
 * `concerns`, callers without access to the resource's services are rejected. A service in the path was checked before.
 */
export function routeResource<T extends object>(
  parameter: string,
  read: (id: string) => Promise<T | undefined>,
  concerns?: Concerns<T>,
): RouteResource<T> {
  const resources = new WeakMap<Request, T>();
  return {
    find: async (req, _res, next) => {
      const id = String(req.params[parameter]);
      const there = await read(id);
      if (!there) throw unknown(id);
      const about = concerns?.(there);
      if (about) mustReachFound(req, about.services, about.target);
      resources.set(req, there);
      next();
    },
    of: (req) => {
      const there = resources.get(req);
      if (!there) throw new Error('a route asked for what it did not look for');
      return there;
    },
  };
}

/**
 * Rejects query parameters of a call that looks up its resource itself. The look-up happens here only if there is a
 * query.
 */
export async function refuseQueryOf(id: string, req: Request, isThere: () => Promise<unknown>): Promise<void> {
  if (Object.keys(req.query).length === 0) return;
  if (!(await isThere())) throw unknown(id);
  refuseQuery(req);
}

export const unknown = (what: string): SlipwayError =>
  new SlipwayError('not_found', { params: { what: what.slice(0, 200) } });
