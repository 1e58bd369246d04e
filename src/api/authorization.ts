// Determines the services that a caller may access with an action, from the key's role, scopes, services and policy.
import type { Request } from 'express';
import { SlipwayError } from '../contract/errors.js';
import {
  ALL_SERVICES,
  discordId,
  isEnough,
  isInScope,
  isUnlimited,
  reaches,
  servicesFor,
  type Action,
  type Person,
  type Reach,
} from '../contract/permissions.js';
import type { Caller } from './keys.js';
import type { Policies } from './policies.js';

/** Returns the services on which a caller may perform an action. Throws `forbidden` if there are none. */
export async function reachFor(
  policies: Policies,
  { role, policy: name, scopes, services = ALL_SERVICES, budget }: Omit<Caller, 'keyId'>,
  action: Action,
  personNow: () => Person,
): Promise<Reach> {
  if (!isEnough(role, action)) throw new SlipwayError('forbidden', { text: 'forbidden.role', params: { action } });
  const isRestricted = [scopes, budget, name].some((limit) => limit !== undefined) || !isUnlimited([services]);
  if (action === 'administer' && isRestricted) throw new SlipwayError('forbidden', { text: 'forbidden.restricted' });
  if (scopes !== undefined && !isInScope(scopes, action))
    throw new SlipwayError('forbidden', { text: 'forbidden.scope', params: { action } });
  if (name === undefined) return [services];
  const person = personNow();
  const policy = await policies.of(name);
  if (!policy) throw new SlipwayError('forbidden', { text: 'forbidden.no_policy', params: { policy: name } });
  const granted = servicesFor(policy, person, action);
  if (granted.length === 0)
    throw new SlipwayError('forbidden', { params: { user: person.userId, guild: person.guildId, action } });
  return [services, granted];
}

/**
 * Returns the error for an action that a caller may not perform on a service (or on any service), or undefined if it
 * may.
 */
export async function refusalOf(
  policies: Policies,
  caller: Omit<Caller, 'keyId'>,
  action: Action,
  person: Person,
  service?: string,
): Promise<SlipwayError | undefined> {
  try {
    const reach = await reachFor(policies, caller, action, () => person);
    if (service === undefined || reaches(reach, service)) return undefined;
    return new SlipwayError('forbidden', { text: 'forbidden.service', params: { service, action } });
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'forbidden') return error;
    throw error;
  }
}

/** Returns the person in the request's headers. Keys that several people use must send these headers. */
export function personBehind(req: Request): Person {
  const header = (name: string): string => {
    const value = req.get(name);
    if (value === undefined) throw new SlipwayError('forbidden', { text: 'forbidden.who', params: { header: name } });
    if (!discordId.safeParse(value).success)
      throw new SlipwayError('malformed', { text: 'malformed.discord_id', params: { header: name } });
    return value;
  };
  return { userId: header('X-User-Id'), guildId: header('X-Guild-Id') };
}
