// Creates the app with its middleware and routes. Doesn't listen, so that tests can mount it.
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
import { unknown } from './route-resource.js';
import { batchRoutes } from './routes/batches.js';
import { deploymentRoutes } from './routes/deployments.js';
import { docsRoutes } from './routes/docs.js';
import { keyRoutes } from './routes/keys.js';
import { probeRoutes } from './routes/probes.js';
import { serviceRoutes } from './routes/services.js';
import { sessionRoutes } from './routes/sessions.js';
import { temporalUiRoutes } from './routes/temporal-ui.js';
import { uploadRoutes } from './routes/uploads.js';

/** A visit to the Web UI loads about a hundred files. The browser caches most of them. */
const FILES_PER_CALL = 10;

export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // On a plain-HTTP host, upgrading would fail, and the docs page would stay empty.
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
    res.redirect('/api/docs'); // for browsers
  });
  // Batches come first: `/deployments/batch` isn't a deployment id.
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

/**
 * Responses contain keys, data of other people and state that changes, so they must not be stored. The docs pages are
 * the same for all.
 */
const notStored: RequestHandler = (req, res, next) => {
  if (!/^\/api\/(docs|openapi\.json)/.test(req.originalUrl)) res.set('Cache-Control', 'no-store');
  next();
};

/**
 * Rejects requests without a Host header. HTTP/1.1 requires it (RFC 9110, section 7.2). The origin of a page is checked
 * with it. Node's own rejection would have no problem body.
 */
const mustNameHost: RequestHandler = (req, _res, next) => {
  const isMissing = req.headers.host === undefined;
  next(isMissing ? new SlipwayError('malformed', { text: 'malformed.http' }) : undefined);
};
