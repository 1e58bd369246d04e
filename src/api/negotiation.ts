// HTTP rules for every route: 405 with `Allow`, and 406 with the available types.
import type { Request, RequestHandler, Router } from 'express';
import { SlipwayError } from '../contract/errors.js';
import { Refusal } from './errors.js';

type Method = 'get' | 'post' | 'patch' | 'delete';

/** Registers all methods of a path. Other methods get 405. */
export function methods(router: Router, path: string, handlers: Partial<Record<Method, RequestHandler[]>>): void {
  const route = router.route(path);
  for (const [method, chain] of Object.entries(handlers) as [Method, RequestHandler[]][]) route[method](...chain);
  const allow = Object.keys(handlers).map((method) => method.toUpperCase());
  if (allow.includes('GET')) allow.push('HEAD');
  route.all((req) => {
    const params = { method: req.method, path: req.baseUrl + req.path, allow: allow.join(', ') };
    throw new Refusal('method_not_allowed', { text: 'method_not_allowed', params }, { Allow: params.allow });
  });
}

/**
 * Matches all parameters of a media type except the weight. Each type has one representation, whatever charset or
 * version is requested.
 */
const PARAMETERS = /;(?!\s*q\s*=)[^;,="]*(=\s*("(\\.|[^"\\])*"|[^;,"]*))?/gi;

/** Returns the best of the offered types for the caller. */
export function accepts<T extends string>(req: Request, offered: [T, ...T[]]): T {
  const header = req.get('Accept');
  if (header === undefined) return offered[0];
  req.headers.accept = header.replace(PARAMETERS, '');
  const best = req.accepts(offered);
  if (best !== false) return best as T;
  throw new SlipwayError('not_acceptable', { params: { type: header.slice(0, 200), expected: offered.join(', ') } });
}
