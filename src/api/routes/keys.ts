// The routes of keys, permissions and the audit trail.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router, type Request, type Response } from 'express';
import { auditQuerySchema, newKeySchema, permissionQuerySchema } from '../../contract/keys.js';
import { callbackSecretSchema } from '../../contract/requests.js';
import { isEnough, type Policy } from '../../contract/permissions.js';
import { translate } from '../../contract/texts.js';
import type { Grant } from '../audit.js';
import { callerOf, describeTarget, hasKey, mayDo } from '../auth.js';
import { refusalOf } from '../authorization.js';
import type { ApiDeps } from '../deps.js';
import type { KeyInfo } from '../keys.js';
import { SlipwayError } from '../../contract/errors.js';
import { jsonBody } from '../json-body.js';
import { languageOf } from '../language.js';
import { methods } from '../negotiation.js';
import { fieldError, noQuery, parse } from '../parse.js';
import { refuseQueryOf, unknown } from '../route-resource.js';

export function keyRoutes(deps: ApiDeps): Router {
  const { keys, policies, audit, folder } = deps;
  const router = Router();
  const administer = mayDo(deps, 'administer');

  methods(router, '/keys', { get: [administer, noQuery, list], post: [administer, jsonBody, noQuery, create] });
  methods(router, '/keys/:id', { delete: [administer, revoke] });
  methods(router, '/callbacks/secret', { post: [administer, jsonBody, noQuery, callbackSecret] });
  methods(router, '/audit', { get: [administer, trail] });
  methods(router, '/audit/verify', { get: [administer, noQuery, verify] });
  methods(router, '/permissions/check', { get: [hasKey(deps), check] });
  return router;

  async function list(_req: Request, res: Response): Promise<void> {
    res.json(await keys.list());
  }

  /** Creates a key. Only this response contains the key itself. */
  async function create(req: Request, res: Response): Promise<void> {
    const body = parse(newKeySchema, req.body, req);
    const { role, expires, policy, name, scopes, services, budget } = body;
    const unfit = scopes?.findIndex((scope) => !isEnough(role, scope)) ?? -1;
    if (unfit >= 0) throw fieldError(`scopes.${unfit}`, 'field.scope_of_admin', req);
    await mustExist(policy, req);
    const wanted = expires && new Date(expires).toISOString();
    if (wanted !== undefined && wanted <= new Date().toISOString()) throw fieldError('expires', 'invalid.past', req);
    const { endsAt } = callerOf(req);
    const expiresAt = earliest(wanted, endsAt);
    const made = await keys.create(role, { expiresAt, policy, name, scopes, services, budget });
    describeTarget(req, { key: made.id, granted: grantOf({ ...body, expires_at: expiresAt }) });
    res.status(201).json(made);
  }

  async function revoke(req: Request, res: Response): Promise<void> {
    const id = String(req.params.id);
    describeTarget(req, { key: id.slice(0, 100) });
    const all = await keys.list();
    const key = all.find((entry) => entry.id === id);
    await refuseQueryOf(id, req, () => Promise.resolve(key));
    if (key) describeTarget(req, { granted: grantOf(key) });
    mustLeaveAnAdmin(id, all);
    if (!(await keys.revoke(id))) throw unknown(id);
    res.status(204).end();
  }

  async function trail(req: Request, res: Response): Promise<void> {
    const { limit, format, since, until, ...rest } = parse(auditQuerySchema, req.query, req);
    const filter = { ...rest, ...(since && { since: utc(since) }), ...(until && { until: utc(until) }) };
    if (format === 'json') {
      res.json(await audit.latest(limit, filter));
      return;
    }
    res.type('application/x-ndjson');
    await pipeline(Readable.from(withNewlines(audit.lines(filter.trail ?? 'changes', filter))), res);
  }

  async function verify(_req: Request, res: Response): Promise<void> {
    const trails = await audit.verify();
    res.json({ whole: Object.values(trails).every(({ whole }) => whole), trails });
  }

  /**
   * Returns the secret for a callback URL. A POST, because the URL itself is secret and access logs would contain it.
   */
  function callbackSecret(req: Request, res: Response): void {
    const { url } = parse(callbackSecretSchema, req.body, req);
    const [secret, ...earlier] = folder.secrets.callbackSecrets(url);
    res.json({ secret, earlier });
  }

  /** Checks a permission of the calling key, with its own policy or the named policy. */
  async function check(req: Request, res: Response): Promise<void> {
    const {
      user_id: userId,
      guild_id: guildId,
      action,
      policy,
      service,
    } = parse(permissionQuerySchema, req.query, req);
    await mustExist(policy, req);
    const caller = callerOf(req);
    const subject = { ...caller, ...(policy !== undefined && { policy }) };
    const refusal = await refusalOf(policies, subject, action, { userId, guildId }, service);
    const language = languageOf(req);
    const granted = subject.policy === undefined ? 'permission.granted_to_all' : 'permission.granted';
    const reason = refusal ? translate(refusal.text, refusal.params, language) : translate(granted, {}, language);
    res.json({ allowed: !refusal, reason });
  }

  async function administers(req: Request): Promise<boolean> {
    // No person may administer.
    return !(await refusalOf(policies, callerOf(req), 'administer', { userId: '', guildId: '' }));
  }

  async function mustExist(policy: string | undefined, req: Request): Promise<void> {
    if (policy === undefined || (await policyNamed(policy, req))) return;
    throw fieldError('policy', 'invalid.no_policy', req, { policy });
  }

  /**
   * Returns the policy. Only administrators get the details of an invalid file, because the file contains people and
   * services.
   */
  async function policyNamed(policy: string, req: Request): Promise<Policy | undefined> {
    try {
      return await policies.of(policy);
    } catch (error) {
      if (!(error instanceof SlipwayError) || !(await administers(req))) throw error;
      const { message: reason } = error.cause as Error;
      throw new SlipwayError('forbidden', {
        text: 'forbidden.policies_wrong_because',
        params: { reason },
        cause: error,
      });
    }
  }
}

/** Throws `reserved` for the last unrestricted admin key, because without it no new key could be created. */
function mustLeaveAnAdmin(id: string, all: readonly KeyInfo[]): void {
  const admins = all.filter(isUnrestrictedKey);
  if (admins.length === 1 && admins[0]?.id === id)
    throw new SlipwayError('reserved', { text: 'reserved.last_key', params: { name: id } });
}

/**
 * Returns true for a valid admin key without restrictions. Sessions don't count, because they end with their parent
 * key.
 */
const isUnrestrictedKey = ({ role, policy, scopes, services, budget, parent, expires_at: end }: KeyInfo): boolean =>
  role === 'admin' &&
  [policy, scopes, services, budget, parent].every((limit) => limit === undefined) &&
  (end === undefined || end > new Date().toISOString());

/** Returns the permissions of a key, without its digest and usage. */
const grantOf = ({ role, name, scopes, services, policy, budget, expires_at }: Grant): Grant => ({
  role,
  name,
  scopes,
  services,
  policy,
  budget,
  expires_at,
});

/** Converts a time to the format of audit entries, so that times can be compared as texts. */
const utc = (time: string): string => new Date(time).toISOString();

async function* withNewlines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** Returns the earlier time, because a key can't create keys that outlive it. */
function earliest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
