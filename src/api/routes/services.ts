// Services: the list, one, and its app's log (contract §4). Commands come with a later release.
import { Router, type Request } from 'express';
import { SlipwayError } from '../../contract/errors.js';
import { serviceLogDir } from '../../contract/layout.js';
import { SERVICE_NAME } from '../../contract/names.js';
import { logsQuerySchema } from '../../contract/requests.js';
import type { Language } from '../../contract/states.js';
import { say } from '../../contract/texts.js';
import type { ServiceView } from '../../contract/views.js';
import { requireRole } from '../auth.js';
import type { ApiDeps } from '../deps.js';
import { languageOf } from '../language.js';
import { readLog, serviceLogFiles } from '../logs.js';
import { accepts, methods } from '../negotiation.js';
import { parse } from '../parse.js';
import { sendLines } from './deployments.js';

export function serviceRoutes({ gateway, keys, folder }: ApiDeps): Router {
  const router = Router();
  const read = requireRole(keys, 'read');

  methods(router, '/services', {
    get: [
      read,
      async (req, res) => {
        const { value, stale } = await gateway.readServices();
        res.json(value.map((view) => ({ ...serviceBody(view, languageOf(req)), ...(stale && { stale }) })));
      },
    ],
    post: [requireRole(keys, 'admin'), later('POST /api/services')],
  });

  methods(router, '/services/discovery', { get: [read, later('GET /api/services/discovery')] });

  methods(router, '/services/:name', {
    get: [
      read,
      async (req, res) => {
        const { value, stale } = await known(req);
        res.json({ ...serviceBody(value, languageOf(req)), ...(stale && { stale }) });
      },
    ],
    patch: [requireRole(keys, 'admin'), later('PATCH /api/services/{name}')],
    delete: [requireRole(keys, 'admin'), later('DELETE /api/services/{name}')],
  });

  methods(router, '/services/:name/logs', {
    get: [
      read,
      async (req, res) => {
        const type = accepts(req, ['text/plain', 'application/x-ndjson']);
        const { value } = await known(req);
        const filter = parse(logsQuerySchema.omit({ step: true }), req.query, req);
        const files = await serviceLogFiles(serviceLogDir(folder.layout, value.name));
        await sendLines(res, readLog(files, filter), type);
      },
    ],
  });
  return router;

  async function known(req: Request) {
    const name = String(req.params.name);
    const told = SERVICE_NAME.test(name) ? await gateway.readService(name) : undefined;
    if (!told) throw new SlipwayError('not_found', { params: { what: name.slice(0, 200) } });
    return told;
  }
}

export function later(what: string): () => never {
  return () => {
    throw new SlipwayError('not_implemented', { params: { what } });
  };
}

/** What Slipway compares releases by is its own affair. */
function serviceBody({ fingerprint, releases, message, ...view }: ServiceView, language: Language) {
  return {
    ...view,
    ...(message && { message: say(message.text, message.params, language) }),
    releases: releases.map(({ environment_key, ...release }) => release),
  };
}
