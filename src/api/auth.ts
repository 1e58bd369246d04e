// Who calls, and whether they may: 401 before 403 before anything else of the request counts (contract §2, §8).
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import onHeaders from 'on-headers';
import type { Logger } from 'pino';
import { SlipwayError } from '../contract/errors.js';
import { ACTIONS, discordId, grants, isEnough, type Action, type Person } from '../contract/permissions.js';
import type { Audit, AuditEntry } from './audit.js';
import type { Caller, KeyRing } from './keys.js';
import type { Policies } from './policies.js';

export interface AuthDeps {
  keys: KeyRing;
  policies: Policies;
  audit: Audit;
  log: Logger;
}

const callers = new WeakMap<Request, Caller>();
const checks = new WeakMap<Request, () => Promise<void>>();

/** The caller of a request that one of these let through. */
export function callerOf(req: Request): Caller {
  const caller = callers.get(req);
  if (!caller) throw new Error('a route that lets anybody in asked who calls');
  return caller;
}

/** Throws what a request that was let through would be refused with by now. */
export async function checkAgain(req: Request): Promise<void> {
  const check = checks.get(req);
  if (!check) throw new Error('a route that lets anybody in asked who still may');
  await check();
}

/** Lets through whoever has a key, whomever it is bound to. */
export function hasKey({ keys }: Pick<AuthDeps, 'keys'>): RequestHandler {
  return async (req, _res, next) => {
    await callerBehind(keys, req);
    next();
  };
}

async function callerBehind(keys: KeyRing, req: Request): Promise<Caller> {
  const key = presentedKey(req);
  const caller = key === undefined ? undefined : await keys.check(key);
  if (!caller) throw new SlipwayError('unauthenticated');
  callers.set(req, caller);
  return caller;
}

/** Lets through whoever may do this: by the key's role and, where the key is bound to a policy, by who stands behind it. */
export function mayDo({ keys, policies, audit, log }: AuthDeps, action: Action): RequestHandler {
  return async (req, res, next) => {
    const caller = await callerBehind(keys, req);
    const line = lineOf(req, caller, action);
    const isAudited = ACTIONS[action] === 'admin';
    if (isAudited)
      onHeaders(res, () => {
        const { statusCode: status } = res;
        tell(audit, log, { ...line, at: now(), status, result: status < 400 ? 'accepted' : 'refused' });
      });
    await mustBeAllowed(caller);
    checks.set(req, async () => mustBeAllowed(await callerBehind(keys, req)));
    if (isAudited && req.method !== 'GET') announce(audit, { ...line, at: now(), status: null, result: 'asked' });
    next();

    async function mustBeAllowed(who: Caller): Promise<void> {
      const refusal = await refusalOf(policies, who, action, () => personBehind(req));
      if (refusal) throw refusal;
    }
  };
}

/** Nothing is done that leaves no line. */
function announce(audit: Audit, entry: AuditEntry): void {
  try {
    audit.record(entry);
  } catch (cause) {
    throw new SlipwayError('audit_unavailable', { cause });
  }
}

/** What was done stands, and its answer must not say otherwise: that its line is missing is told in the log. */
function tell(audit: Audit, log: Logger, entry: AuditEntry): void {
  try {
    audit.record(entry);
  } catch (err) {
    log.error({ err, entry }, 'a line of the audit trail could not be written');
  }
}

/** Why a caller may not do something; undefined when it may. */
export async function refusalOf(
  policies: Policies,
  { role, policy: name }: Pick<Caller, 'role' | 'policy'>,
  action: Action,
  personOf: () => Person,
): Promise<SlipwayError | undefined> {
  if (!isEnough(role, action)) return new SlipwayError('forbidden', { text: 'forbidden.role', params: { action } });
  if (name === undefined) return undefined;
  const person = personOf();
  const policy = await policies.of(name);
  if (!policy) return new SlipwayError('forbidden', { text: 'forbidden.no_policy', params: { policy: name } });
  if (grants(policy, person, action)) return undefined;
  return new SlipwayError('forbidden', { params: { user: person.userId, guild: person.guildId, action } });
}

/** A key that stands for many people says for whom it calls. */
function personBehind(req: Request): Person {
  const header = (name: string): string => {
    const value = req.get(name);
    if (value === undefined) throw new SlipwayError('forbidden', { text: 'forbidden.who', params: { header: name } });
    if (!discordId.safeParse(value).success)
      throw new SlipwayError('malformed', { text: 'malformed.discord_id', params: { header: name } });
    return value;
  };
  return { userId: header('X-User-Id'), guildId: header('X-Guild-Id') };
}

const now = (): string => new Date().toISOString();

function lineOf(req: Request, { keyId }: Caller, action: Action): Omit<AuditEntry, 'at' | 'status' | 'result'> {
  const [user, guild] = [req.get('X-User-Id'), req.get('X-Guild-Id')];
  return {
    id: randomUUID(),
    key_id: keyId,
    ...(user !== undefined && { user_id: user.slice(0, 32) }),
    ...(guild !== undefined && { guild_id: guild.slice(0, 32) }),
    action,
    method: req.method,
    path: (req.originalUrl.split('?')[0] ?? '').slice(0, 500),
    address: req.socket.remoteAddress ?? '',
  };
}

export function presentedKey(req: Request): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '') ?? [];
  return bearer ?? req.get('X-API-Key');
}
