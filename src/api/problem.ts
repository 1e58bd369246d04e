// Converts any error to application/problem+json (RFC 9457). No other module writes error responses.
import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { HTTP_STATUS, SlipwayError, type HttpCode } from '../contract/errors.js';
import type { Language } from '../contract/states.js';
import { hint, translate } from '../contract/texts.js';
import type { FieldError } from '../contract/wrong-fields.js';
import { isDiskFull } from '../files.js';
import { ForbiddenField, InvalidRequest, Refusal, RefusedField } from './errors.js';
import { languageOf } from './language.js';

export const PROBLEM_TYPE = 'application/problem+json';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  error: 'PermissionError' | 'EnvironmentError' | 'DeploymentError';
  errors?: FieldError[];
  hint?: string;
}

/** Codes that are returned as a broader code. */
const TOLD_AS: Partial<Record<HttpCode, string>> = {
  unsupported_media_type: 'malformed',
};

/** Returns the error handler. Express detects error handlers by their four parameters. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, req, res, _next) => {
    if (res.destroyed) return; // the client has disconnected
    if (res.headersSent) {
      log.error({ err: thrown, request: req.id, path: req.path }, 'an answer was cut short');
      res.destroy();
      return;
    }
    const error = inWords(toSlipwayError(thrown), languageOf(req));
    const problem = problemOf(error, languageOf(req), req.originalUrl.split('?')[0] ?? req.path);
    if (problem.status === 500 || problem.code === 'disk_full')
      log.error({ err: thrown, request: req.id, path: req.path }, 'a call failed');
    if (error instanceof Refusal) res.set(error.headers);
    if (problem.status === 503 && !res.get('Retry-After')) res.set('Retry-After', '5');
    res.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  };
}

export function problemOf(error: SlipwayError, language: Language, instance: string): Problem {
  const status = statusOf(error);
  const advice = hint(error.text, error.params, language);
  const code = TOLD_AS[error.code as HttpCode] ?? error.code;
  return {
    type: `urn:slipway:problem:${code}`,
    title: code,
    status,
    detail: translate(error.text, error.params, language),
    instance,
    code,
    error: errorName(status),
    ...(error instanceof InvalidRequest && { errors: error.fields }),
    ...(error instanceof ForbiddenField && { errors: [{ path: error.path, message: advice ?? '' }] }),
    ...(advice !== undefined && { hint: advice }),
  };
}

function inWords(error: SlipwayError, language: Language): SlipwayError {
  if (!(error instanceof RefusedField)) return error;
  return new InvalidRequest([{ path: error.path, message: translate(error.text, error.params, language) }]);
}

function statusOf({ code }: SlipwayError): number {
  return code in HTTP_STATUS ? HTTP_STATUS[code as HttpCode] : 500;
}

function errorName(status: number): Problem['error'] {
  if (status === 401 || status === 403) return 'PermissionError';
  return status === 503 ? 'EnvironmentError' : 'DeploymentError';
}

/** Converts any thrown value to a `SlipwayError`. Unknown errors are bugs, and their details aren't sent to callers. */
export function toSlipwayError(thrown: unknown): SlipwayError {
  if (thrown instanceof SlipwayError) return thrown;
  const { status } = thrown as { status?: number };
  if (status === 400 || thrown instanceof URIError) return new SlipwayError('malformed', { cause: thrown });
  if (isDiskFull(thrown)) return new SlipwayError('disk_full', { text: 'disk_full.call', cause: thrown });
  return new SlipwayError('internal', { text: 'internal.unexpected', cause: thrown });
}
