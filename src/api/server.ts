// Middleware and routes. Does not listen, so that tests can mount it.
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { createNetworks } from '../address-guard.js';
import { SlipwayError } from '../contract/errors.js';
import type { ApiDeps } from './deps.js';
import { createMetrics } from './metrics.js';
import { UI_PATH } from './temporal-ui/page.js';
import { problemHandler } from './problem.js';
import { limitCalls } from './rate-limit.js';
import { requestLog } from './request-log.js';
import { unknown } from './resource.js';
import { batchRoutes } from './routes/batches.js';
import { deploymentRoutes } from './routes/deployments.js';
import { docsRoutes } from './routes/docs.js';
import { keyRoutes } from './routes/keys.js';
import { probeRoutes } from './routes/probes.js';
import { serviceRoutes } from './routes/services.js';
import { sessionRoutes } from './routes/sessions.js';
import { temporalUiRoutes } from './routes/temporal-ui.js';
import { uploadRoutes } from './routes/uploads.js';

/** A visit to the Web UI loads about a hundred files, of which the browser keeps most. */
const FILES_PER_CALL = 10;

export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // On a plain-HTTP host nothing could be upgraded, and the page of the docs would stay empty.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  const isTrustedProxy = createNetworks(deps.config.trustedProxies);
  app.set('trust proxy', (address: string) => isTrustedProxy(address));
  app.use(requestLog(deps.log));
  app.use(mustNameHost);
  const metrics = createMetrics(deps);
  app.use(metrics.measure);
  app.use(['/api', '/metrics', `${UI_PATH}/api`], limitCalls(deps.keys, deps.config.requestsPerMinute), notStored);
  app.use(probeRoutes(deps, metrics));
  app.get('/', (_req, res) => {
    res.redirect('/api/docs'); // for whoever opens the address in a browser
  });
  // Batches first: `/deployments/batch` is no deployment's id.
  app.use(
    '/api',
    docsRoutes(),
    batchRoutes(deps),
    keyRoutes(deps),
    uploadRoutes(deps),
    deploymentRoutes(deps),
    serviceRoutes(deps),
    sessionRoutes(deps),
  );
  app.use(UI_PATH, limitCalls(deps.keys, deps.config.requestsPerMinute * FILES_PER_CALL));
  app.use(temporalUiRoutes(deps));
  app.use((req) => {
    throw unknown(req.path);
  });
  app.use(problemHandler(deps.log));
  return app;
}

/** Answers hold keys, values of other people and what changes at any moment. The pages of the docs are the same for all. */
const notStored: RequestHandler = (req, res, next) => {
  if (!/^\/api\/(docs|openapi\.json)/.test(req.originalUrl)) res.set('Cache-Control', 'no-store');
  next();
};

/** HTTP/1.1 wants it (RFC 9110 §7.2), and whom a page belongs to is judged by it. Node's own refusal would be a bare one. */
const mustNameHost: RequestHandler = (req, _res, next) => {
  const isMissing = req.headers.host === undefined;
  next(isMissing ? new SlipwayError('malformed', { text: 'malformed.http' }) : undefined);
};
