// Keys, what they allow, and the trail of what was done with them (contract §8).
import { Router, type Request, type Response } from 'express';
import { auditQuerySchema, newKeySchema, permissionQuerySchema } from '../../contract/keys.js';
import { say } from '../../contract/texts.js';
import { callerOf, hasKey, mayDo, refusalOf } from '../auth.js';
import type { ApiDeps } from '../deps.js';
import { jsonBody } from '../json-body.js';
import { languageOf } from '../language.js';
import { methods } from '../negotiation.js';
import { fieldError, noQuery, parse } from '../parse.js';
import { refuseQueryOf, unknown } from '../resource.js';

export function keyRoutes(deps: ApiDeps): Router {
  const { keys, policies, audit } = deps;
  const router = Router();
  const administer = mayDo(deps, 'administer');

  methods(router, '/keys', { get: [administer, noQuery, list], post: [administer, jsonBody, noQuery, create] });
  methods(router, '/keys/:id', { delete: [administer, revoke] });
  methods(router, '/audit', { get: [administer, trail] });
  methods(router, '/permissions/check', { get: [hasKey(deps), check] });
  return router;

  async function list(_req: Request, res: Response): Promise<void> {
    res.json(await keys.list());
  }

  /** The key itself is told this once. */
  async function create(req: Request, res: Response): Promise<void> {
    const { role, expires, policy } = parse(newKeySchema, req.body, req);
    await mustExist(policy, req);
    const expiresAt = expires && new Date(expires).toISOString();
    if (expiresAt !== undefined && expiresAt <= new Date().toISOString())
      throw fieldError('expires', 'invalid.past', req);
    res.status(201).json(await keys.create(role, { expiresAt, policy }));
  }

  async function revoke(req: Request, res: Response): Promise<void> {
    const id = String(req.params.id);
    await refuseQueryOf(id, req, async () => (await keys.list()).find((key) => key.id === id));
    if (!(await keys.revoke(id))) throw unknown(id);
    res.status(204).end();
  }

  async function trail(req: Request, res: Response): Promise<void> {
    const { limit } = parse(auditQuerySchema, req.query, req);
    res.json(await audit.latest(limit));
  }

  /** For the key that asks: by its role, and by its policy or the one that is named. */
  async function check(req: Request, res: Response): Promise<void> {
    const { user_id: userId, guild_id: guildId, action, policy } = parse(permissionQuerySchema, req.query, req);
    await mustExist(policy, req);
    const { role, policy: own } = callerOf(req);
    const refusal = await refusalOf(policies, { role, policy: policy ?? own }, action, () => ({ userId, guildId }));
    const language = languageOf(req);
    const reason = refusal ? say(refusal.text, refusal.params, language) : say('permission.granted', {}, language);
    res.json({ allowed: !refusal, reason });
  }

  async function mustExist(policy: string | undefined, req: Request): Promise<void> {
    if (policy === undefined || (await policies.of(policy))) return;
    throw fieldError('policy', 'invalid.no_policy', req, { policy });
  }
}
