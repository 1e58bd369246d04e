// One line for each call that may change something, and for each that failed, under the id that its answer carries.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

const GIVEN_ID = /^[\w.:-]{1,128}$/;
const READS = ['GET', 'HEAD'];

/** Method, path without its query, status, time, and the deployment that was begun: no header and no body, so no secret. */
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
  const logsReads = log.isLevelEnabled('debug'); // they are many, and each line takes its time
  return (req, res, next) => {
    if (READS.includes(req.method) && !logsReads) next();
    else logged(req, res, next);
  };
}

/** A caller's own, where it has one, so that its log and ours can be laid side by side. */
function genReqId(req: IncomingMessage, res: ServerResponse): string {
  const given = req.headers['x-request-id'];
  const id = typeof given === 'string' && GIVEN_ID.test(given) ? given : randomUUID();
  res.setHeader('X-Request-Id', id);
  return id;
}
