// Who calls, and whether they may: 401 before 403 before anything else of the request counts.
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { SlipwayError } from '../contract/errors.js';
import { ACTIONS, isUnlimited, reaches, type Action, type Person, type Reach } from '../contract/permissions.js';
import type { Audit, AuditTarget } from './audit.js';
import { announce, lineOf, now, tell, tellRefusal } from './audit-lines.js';
import { personBehind, reachFor } from './authorization.js';
import type { Caller, KeyRing } from './keys.js';
import { onceAnswered } from './once-answered.js';
import type { Policies } from './policies.js';

export interface AuthDeps {
  keys: KeyRing;
  policies: Policies;
  audit: Audit;
  log: Logger;
}

/** A request that was let through. */
interface Admitted {
  caller: Caller;
  /** For whom a bound key calls. */
  person?: Person;
  action: Action;
  reach: Reach;
  /** Services that it was found to concern. */
  services: Set<string | null>;
  target: AuditTarget;
  /** Writes the line from before a change, with what it is about by now. */
  announce: () => void;
  /** What the caller reaches by another action. */
  reachBy: (action: Action) => Promise<Reach>;
  /** What the caller reaches by the route's action at this moment. */
  reachNow: () => Promise<Reach>;
}

const callers = new WeakMap<Request, Caller>();
const admissions = new WeakMap<Request, Admitted>();

/** The caller of a request that one of these let through. */
export function callerOf(req: Request): Caller {
  const caller = callers.get(req);
  if (!caller) throw new Error('a route that lets anybody in asked who calls');
  return caller;
}

function admitted(req: Request): Admitted {
  const admission = admissions.get(req);
  if (!admission) throw new Error('a route that lets anybody in asked what its caller may');
  return admission;
}

/** Which services the caller reaches by the route's action. */
export const reachOf = (req: Request): Reach => admitted(req).reach;
export const isLimited = (req: Request): boolean => !isUnlimited(reachOf(req));
export const personOf = (req: Request): Person | undefined => admitted(req).person;

/** Throws 403 unless the caller may do the route's action to all of these services, which its request names. */
export function mustReach(req: Request, ...services: string[]): void {
  const { reach, action, target, services: concerned } = admitted(req);
  const [first] = services;
  if (first !== undefined && services.length === 1) target.service ??= first;
  for (const service of services) {
    concerned.add(service);
    if (!reaches(reach, service))
      throw new SlipwayError('forbidden', { text: 'forbidden.service', params: { service, action } });
  }
}

/**
 * As above, for the services of what an id names: the answer doesn't name them. Null: a deployment by hand that hasn't
 * settled on a service yet.
 */
export function mustReachFound(req: Request, services: readonly (string | null)[], target: AuditTarget = {}): void {
  const admission = admitted(req);
  Object.assign(admission.target, target);
  if (services.length === 1 && services[0] != null) admission.target.service = services[0];
  for (const service of services) {
    admission.services.add(service);
    if (!reaches(admission.reach, service))
      throw new SlipwayError('forbidden', { text: 'forbidden.found', params: { action: admission.action } });
  }
}

/** Throws 403 unless the caller may do another action, too, to all of these services. */
export async function mustAlsoReach(req: Request, action: Action, services: readonly string[]): Promise<void> {
  if (services.length === 0) return;
  const reach = await admitted(req).reachBy(action);
  const foreign = services.find((service) => !reaches(reach, service));
  if (foreign !== undefined)
    throw new SlipwayError('forbidden', { text: 'forbidden.service', params: { service: foreign, action } });
}

/** Returns whether the caller has an admin key without scopes, services, budget and policy: only such a key administers. */
export async function isUnrestricted(req: Request): Promise<boolean> {
  try {
    return isUnlimited(await admitted(req).reachBy('administer'));
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'forbidden') return false;
    throw error;
  }
}

/** What the request's line in the audit trail names. */
export function describeTarget(req: Request, target: AuditTarget): void {
  Object.assign(admitted(req).target, target);
}

/** Nothing is begun whose ids don't stand in the audit trail: its API may end before the outcome is written. */
export function announceStart(req: Request, target: AuditTarget): void {
  describeTarget(req, target);
  admitted(req).announce();
}

/** Throws what a request that was let through would be refused with by now. */
export async function checkAgain(req: Request): Promise<void> {
  const { action, services, reachNow } = admitted(req);
  const reach = await reachNow();
  if ([...services].some((service) => !reaches(reach, service)))
    throw new SlipwayError('forbidden', { text: 'forbidden.found', params: { action } });
}

/** Lets through whoever has a key, whomever it is bound to. */
export function hasKey(deps: AuthDeps): RequestHandler {
  return async (req, _res, next) => {
    await callerBehind(deps, req);
    next();
  };
}

async function callerBehind(deps: AuthDeps, req: Request): Promise<Caller> {
  const caller = await callerIn(deps.keys, req);
  if (!caller) {
    tellRefusal(deps, { ...lineOf(req, undefined, 'authenticate'), at: now(), status: 401, result: 'refused' });
    throw new SlipwayError('unauthenticated');
  }
  callers.set(req, caller);
  return caller;
}

/** The caller behind the presented key; undefined without a valid one. Looked up once for each request. */
export async function callerIn(keys: KeyRing, req: Request): Promise<Caller | undefined> {
  const before = callers.get(req);
  if (before) return before;
  const caller = await callerNow(keys, req);
  if (caller) callers.set(req, caller);
  return caller;
}

async function callerNow(keys: KeyRing, req: Request): Promise<Caller | undefined> {
  const key = presentedKey(req);
  return key === undefined ? undefined : keys.check(key);
}

/** `changes`: calls that only read leave no line. `starts`: the route calls `announceStart` before it changes anything. */
type Audited = 'all' | 'changes' | 'starts';

/**
 * Lets through whoever may do this to some service: by the key's role, scopes and services and, where the key is bound to
 * a policy, by who stands behind it. A service in the path is judged here; all others by the route. Admin actions leave
 * lines in the audit trail: one on the disk before the change, and one with its outcome.
 */
export function mayDo(deps: AuthDeps, action: Action, audited: Audited = 'all'): RequestHandler {
  const { keys, policies, audit } = deps;
  return async (req, res, next) => {
    const caller = await callerBehind(deps, req);
    const line = lineOf(req, caller, action);
    const target: AuditTarget = {};
    const entry = (): typeof line => ({ ...line, ...(Object.keys(target).length > 0 && { target }) });
    const isAudited = ACTIONS[action] === 'admin' && (audited !== 'changes' || req.method !== 'GET');
    onceAnswered(res, () => {
      const { statusCode: status } = res;
      if (status === 403) tellRefusal(deps, { ...entry(), at: now(), status, result: 'refused' });
      else if (isAudited) tell(deps, { ...entry(), at: now(), status, result: status < 400 ? 'accepted' : 'refused' });
    });
    const reachBy = (what: Action): Promise<Reach> => reachFor(policies, caller, what, () => personBehind(req));
    const reachNow = async (): Promise<Reach> => {
      const present = await callerNow(keys, req);
      if (!present) throw new SlipwayError('unauthenticated');
      return reachFor(policies, present, action, () => personBehind(req));
    };
    const { name } = req.params;
    if (typeof name === 'string') target.service = name.slice(0, 100);
    const announceNow = (): void => {
      announce(audit, { ...entry(), at: now(), status: null, result: 'asked' });
    };
    const admission: Admitted = {
      caller,
      action,
      reach: await reachBy(action),
      services: new Set(),
      target,
      announce: announceNow,
      reachBy,
      reachNow,
    };
    if (caller.policy !== undefined) admission.person = personBehind(req);
    admissions.set(req, admission);
    if (typeof name === 'string') mustReach(req, name);
    if (isAudited && audited !== 'starts' && req.method !== 'GET') announceNow();
    next();
  };
}

function presentedKey(req: Request): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '') ?? [];
  return bearer ?? req.get('X-API-Key');
}
