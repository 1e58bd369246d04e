// Uploads, keys, probes, and the calls that this release does not carry yet.
import { Router } from 'express';
import { z } from 'zod';
import { SlipwayError } from '../../contract/errors.js';
import { ROLES, type Role } from '../../contract/states.js';
import { requireRole } from '../auth.js';
import type { ApiDeps } from '../deps.js';
import { jsonBody } from '../json-body.js';
import { refuseMaintenance } from '../maintenance.js';
import { methods } from '../negotiation.js';
import { parse } from '../parse.js';
import { unknown } from '../resource.js';
import { storeUpload } from '../uploads.js';
import { later } from './services.js';

const GZIP_TYPES = ['application/gzip', 'application/x-gzip', 'application/x-tar', 'application/octet-stream'];

const newKeySchema = z.strictObject({ role: z.enum(ROLES), expires: z.iso.datetime({ offset: true }).optional() });

/** Known to the contract, not to this release: 501, after the key was checked (contract §2). */
const LATER: [string, Partial<Record<'get' | 'post', Role>>][] = [
  ['/permissions/check', { get: 'read' }],
  ['/audit', { get: 'admin' }],
];

export function otherRoutes(deps: ApiDeps): Router {
  const { keys, folder } = deps;
  const router = Router();
  const admin = requireRole(keys, 'admin');

  for (const [path, byMethod] of LATER) {
    const handlers = Object.entries(byMethod).map(([method, role]) => [
      method,
      [requireRole(keys, role), later(`${method.toUpperCase()} /api${path.replace(/:(\w+)/g, '{$1}')}`)],
    ]);
    methods(router, path, Object.fromEntries(handlers) as Parameters<typeof methods>[2]);
  }
  methods(router, '/openapi.json', { get: [later('GET /api/openapi.json')] });
  methods(router, '/docs', { get: [later('GET /api/docs')] });

  methods(router, '/uploads', {
    post: [
      admin,
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

  methods(router, '/keys', {
    get: [
      admin,
      async (_req, res) => {
        res.json(await keys.list());
      },
    ],
    post: [
      admin,
      jsonBody,
      async (req, res) => {
        const { role, expires } = parse(newKeySchema, req.body, req);
        res.status(201).json(await keys.create(role, expires && new Date(expires).toISOString()));
      },
    ],
  });

  methods(router, '/keys/:id', {
    delete: [
      admin,
      async (req, res) => {
        const id = String(req.params.id);
        if (!(await keys.revoke(id))) throw unknown(id);
        res.status(204).end();
      },
    ],
  });
  return router;
}

/** Probes for whoever starts and stops Slipway: no key (contract §2). */
export function probeRoutes({ gateway, keys, folder, draining }: ApiDeps): Router {
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
  methods(router, '/metrics', { get: [requireRole(keys, 'read'), later('GET /metrics')] });
  return router;
}
