// The route of uploads.
import { Router } from 'express';
import { SlipwayError } from '../../contract/errors.js';
import { mayDo } from '../auth.js';
import type { ApiDeps } from '../deps.js';
import { refuseMaintenance } from '../maintenance.js';
import { methods } from '../negotiation.js';
import { refuseQuery } from '../parse.js';
import { uploaderOf } from '../start-request.js';
import { createUploads } from '../uploads.js';

const GZIP_TYPES = ['application/gzip', 'application/x-gzip', 'application/x-tar', 'application/octet-stream'];

export function uploadRoutes(deps: ApiDeps): Router {
  const { folder, config, gateway } = deps;
  const uploads = createUploads({
    at: folder.layout,
    limits: { countPerKey: config.uploadsPerKey, bytesPerKey: config.uploadBytesPerKey },
    statusOf: async (id) => (await gateway.readDeployment(id))?.value.status,
  });
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
        refuseQuery(req);
        const announcedBytes = Number(req.get('Content-Length') ?? 0);
        res.status(201).json(await uploads.store(req, { by: uploaderOf(req), announcedBytes }));
      },
    ],
  });

  return router;
}
