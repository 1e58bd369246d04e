// The routes of probes and metrics, for operators.
import { Router } from 'express';
import { SlipwayError } from '../../contract/errors.js';
import { mayDo } from '../auth.js';
import type { ApiDeps } from '../deps.js';
import { isAlive } from '../health.js';
import type { Metrics } from '../metrics.js';
import { methods } from '../negotiation.js';
import { shared } from '../shared-answer.js';

/**
 * Creates the routes. Probes need no key, so anybody can call them. To limit the load, concurrent calls share one
 * request to Temporal.
 */
export function probeRoutes(deps: ApiDeps, metrics: Metrics): Router {
  const { gateway, folder, draining } = deps;
  const router = Router();
  const mustBeReady = shared(async () => {
    await gateway.ping();
    if (!(await gateway.readLoad())) throw new SlipwayError('temporal_unavailable');
    const beat = await gateway.readHostBeat(folder.hostId);
    if (!beat || !isAlive(beat)) throw new SlipwayError('temporal_unavailable');
  });
  methods(router, '/livez', { get: [(_req, res) => void res.json({ status: 'alive' })] });
  methods(router, '/readyz', {
    get: [
      async (_req, res) => {
        if (draining()) throw new SlipwayError('maintenance');
        await mustBeReady();
        res.json({ status: 'ready' });
      },
    ],
  });
  methods(router, '/metrics', {
    get: [
      mayDo(deps, 'health'),
      async (_req, res) => {
        res.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.text());
      },
    ],
  });
  return router;
}
