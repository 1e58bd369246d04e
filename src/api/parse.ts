// Validates requests by schema. Errors are in the caller's language.
import type { Request, RequestHandler } from 'express';
import type { z } from 'zod';
import { noQuerySchema } from '../contract/requests.js';
import { translate, type TextKey } from '../contract/texts.js';
import { check } from '../contract/wrong-fields.js';
import { InvalidRequest } from './errors.js';
import { languageOf } from './language.js';

/** Returns the parsed value. Throws `InvalidRequest` with every wrong field. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, req: Request): z.infer<T> {
  const checked = check(schema, value, languageOf(req));
  if ('wrong' in checked) throw new InvalidRequest(checked.wrong);
  return checked.value;
}

/** Rejects any query parameter, for calls that have none. */
export const refuseQuery = (req: Request): void => void parse(noQuerySchema, req.query, req);

export const noQuery: RequestHandler = (req, _res, next) => {
  refuseQuery(req);
  next();
};

export const fieldError = (
  path: string,
  text: TextKey,
  req: Request,
  params: Record<string, string | number> = {},
): InvalidRequest => new InvalidRequest([{ path, message: translate(text, params, languageOf(req)) }]);
