// Uploads, and probes.
import { Router } from 'express';
import { SlipwayError } from '../../contract/errors.js';
import { mayDo } from '../auth.js';
import type { ApiDeps } from '../deps.js';
import { refuseMaintenance } from '../maintenance.js';
import type { Metrics } from '../metrics.js';
import { methods } from '../negotiation.js';
import { storeUpload } from '../uploads.js';

const GZIP_TYPES = ['application/gzip', 'application/x-gzip', 'application/x-tar', 'application/octet-stream'];

export function otherRoutes(deps: ApiDeps): Router {
  const { folder } = deps;
  const router = Router();

  methods(router, '/uploads', {
    post: [
      mayDo(deps, 'deploy'),
      async (req, res) => {
        refuseMaintenance(deps);
        if (!req.is(GZIP_TYPES)) {
          const type = (req.get('Content-Type') ?? '?').slice(0, 100);
          throw new SlipwayError('unsupported_media_type', { params: { type, expected: 'application/gzip' } });
        }
        res.status(201).json(await storeUpload(req, Number(req.get('Content-Length') ?? 0), folder.layout));
      },
    ],
  });

  return router;
}

/** Probes for whoever starts and stops Slipway: no key (contract §2). */
export function probeRoutes(deps: ApiDeps, metrics: Metrics): Router {
  const { gateway, folder, draining } = deps;
  const router = Router();
  methods(router, '/livez', { get: [(_req, res) => void res.json({ status: 'alive' })] });
  methods(router, '/readyz', {
    get: [
      async (_req, res) => {
        if (draining()) throw new SlipwayError('maintenance');
        await gateway.ping();
        if (!(await gateway.readLoad())) throw new SlipwayError('temporal_unavailable');
        if (!(await gateway.readHostBeat(folder.hostId))) throw new SlipwayError('temporal_unavailable');
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
