// Authenticates callers and checks their permissions: 401 before 403, and both before any other check of the request.
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { SlipwayError } from '../contract/errors.js';
import { ACTIONS, isUnlimited, reaches, type Action, type Person, type Reach } from '../contract/permissions.js';
import type { Audit, AuditTarget } from './audit.js';
import { announce, lineOf, now, recordOutcome, recordRefusal } from './audit-lines.js';
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

/** A request that passed the permission check. */
interface Admitted {
  caller: Caller;
  /** The person for whom a key with a policy calls. */
  person?: Person;
  action: Action;
  reach: Reach;
  /** The services that the request concerns. */
  services: Set<string | null>;
  target: AuditTarget;
  /** Writes the entry before a change, with the target known so far. */
  announce: () => void;
  /** Returns the services that the caller may access with another action. */
  reachBy: (action: Action) => Promise<Reach>;
  /** Returns the services that the caller may currently access with the route's action. */
  reachNow: () => Promise<Reach>;
}

const callers = new WeakMap<Request, Caller>();
const admissions = new WeakMap<Request, Admitted>();

/** Returns the caller of a request that passed `hasKey` or `mayDo`. */
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

/** Returns the services that the caller may access with the route's action. */
export const reachOf = (req: Request): Reach => admitted(req).reach;
export const isLimited = (req: Request): boolean => !isUnlimited(reachOf(req));
export const personOf = (req: Request): Person | undefined => admitted(req).person;

/**
 * Throws `forbidden` unless the caller may perform the route's action on all of these services, which the request
 * names.
 */
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
 * Throws `forbidden` unless the caller may access all services that belong to the id in the path. The error doesn't
 * name the services. Null: a deployment that was started manually and has no service yet.
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

/** Throws `forbidden` unless the caller may also perform another action on all of these services. */
export async function mustAlsoReach(req: Request, action: Action, services: readonly string[]): Promise<void> {
  if (services.length === 0) return;
  const reach = await admitted(req).reachBy(action);
  const foreign = services.find((service) => !reaches(reach, service));
  if (foreign !== undefined)
    throw new SlipwayError('forbidden', { text: 'forbidden.service', params: { service: foreign, action } });
}

/**
 * Returns true if the caller has an admin key without scopes, services, budget and policy. Only unrestricted admin keys
 * may administer.
 */
export async function isUnrestricted(req: Request): Promise<boolean> {
  try {
    return isUnlimited(await admitted(req).reachBy('administer'));
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'forbidden') return false;
    throw error;
  }
}

/** Adds details to the target of the request's audit entry. */
export function describeTarget(req: Request, target: AuditTarget): void {
  Object.assign(admitted(req).target, target);
}

/** Writes the audit entry with the new ids before the start, because the API may end before it can write the result. */
export function announceStart(req: Request, target: AuditTarget): void {
  describeTarget(req, target);
  admitted(req).announce();
}

/** Checks the permissions again. Throws the error that the request would get now. */
export async function checkAgain(req: Request): Promise<void> {
  const { action, services, reachNow } = admitted(req);
  const reach = await reachNow();
  if ([...services].some((service) => !reaches(reach, service)))
    throw new SlipwayError('forbidden', { text: 'forbidden.found', params: { action } });
}

/** Allows every caller with a valid key, whatever its permissions. */
export function hasKey(deps: AuthDeps): RequestHandler {
  return async (req, _res, next) => {
    await callerBehind(deps, req);
    next();
  };
}

async function callerBehind(deps: AuthDeps, req: Request): Promise<Caller> {
  const caller = await callerIn(deps.keys, req);
  if (!caller) {
    recordRefusal(deps, { ...lineOf(req, undefined, 'authenticate'), at: now(), status: 401, result: 'refused' });
    throw new SlipwayError('unauthenticated');
  }
  callers.set(req, caller);
  return caller;
}

/**
 * Returns the caller of the key in the request, or undefined without a valid key. Each request is looked up only once.
 */
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

/**
 * `changes`: calls that only read have no entry. `starts`: the route calls `announceStart` before it changes anything.
 */
type Audited = 'all' | 'changes' | 'starts';

/**
 * Allows callers that may perform the action on at least one service. The check uses the key's role, scopes and
 * services, and for a key with a policy also the person. A service in the path is checked here, all others by the
 * route. Admin actions are written to the audit trail: one entry on disk before the change, and one with the result.
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
      if (status === 403) recordRefusal(deps, { ...entry(), at: now(), status, result: 'refused' });
      else if (isAudited)
        recordOutcome(deps, { ...entry(), at: now(), status, result: status < 400 ? 'accepted' : 'refused' });
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
