// Middleware and routes. Does not listen, so that tests can mount it.
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { SlipwayError } from '../contract/errors.js';
import type { ApiDeps } from './deps.js';
import { createMetrics } from './metrics.js';
import { problemHandler } from './problem.js';
import { rateLimits } from './rate-limit.js';
import { requestLog } from './request-log.js';
import { unknown } from './resource.js';
import { batchRoutes } from './routes/batches.js';
import { deploymentRoutes } from './routes/deployments.js';
import { docsRoutes } from './routes/docs.js';
import { keyRoutes } from './routes/keys.js';
import { probeRoutes } from './routes/probes.js';
import { serviceRoutes } from './routes/services.js';
import { uploadRoutes } from './routes/uploads.js';

export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // On a plain-HTTP host nothing could be upgraded, and the page of the docs would stay empty.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.use(requestLog(deps.log));
  app.use(mustNameHost);
  const metrics = createMetrics(deps);
  app.use(metrics.measure);
  app.use(probeRoutes(deps, metrics));
  app.get('/', (_req, res) => {
    res.redirect('/api/docs'); // for whoever opens the address in a browser
  });
  for (const limit of rateLimits(deps.config.requestsPerMinute)) app.use('/api', limit);
  // Batches first: `/deployments/batch` is no deployment's id.
  app.use(
    '/api',
    docsRoutes(),
    batchRoutes(deps),
    keyRoutes(deps),
    uploadRoutes(deps),
    deploymentRoutes(deps),
    serviceRoutes(deps),
  );
  app.use((req) => {
    throw unknown(req.path);
  });
  app.use(problemHandler(deps.log));
  return app;
}

/** HTTP/1.1 wants it (RFC 9110 §7.2); Node's own refusal would be a bare one. */
const mustNameHost: RequestHandler = (req, _res, next) => {
  const isMissing = req.httpVersion === '1.1' && req.headers.host === undefined;
  next(isMissing ? new SlipwayError('malformed', { text: 'malformed.http' }) : undefined);
};
