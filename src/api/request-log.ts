// Logs each call that may change something, with the request id that the response also has.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

const GIVEN_ID = /^[\w.:-]{1,128}$/;
const READS = ['GET', 'HEAD'];

/**
 * Logs the method, path without query, status, time, and the `Location` of a new deployment. Headers and bodies aren't
 * logged, so the log has no secrets.
 */
export function requestLog(log: Logger): RequestHandler {
  const logged = pinoHttp({
    logger: log,
    genReqId,
    customLogLevel: (_req, { statusCode }) => (statusCode >= 500 ? 'warn' : 'info'),
    customProps: (_req, res) => ({ location: res.getHeader('Location') }),
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({
        id,
        method,
        path: url.split('?')[0],
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });
  const logsReads = log.isLevelEnabled('debug'); // reads are frequent, and each line takes time
  return (req, res, next) => {
    if (READS.includes(req.method) && !logsReads) next();
    else logged(req, res, next);
  };
}

/** Uses the caller's own request id if it sends one, so that its log can be compared with the API's. */
function genReqId(req: IncomingMessage, res: ServerResponse): string {
  const given = req.headers['x-request-id'];
  const id = typeof given === 'string' && GIVEN_ID.test(given) ? given : randomUUID();
  res.setHeader('X-Request-Id', id);
  return id;
}
