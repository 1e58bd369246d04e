// What the registry remembers of each service, as short as ten thousand of them need it. Pure.
import type { Registration } from '../contract/messages.js';
import type { ServiceRow } from '../contract/views.js';

/** Defaults are left out: a worker, of type `other`, that needs nothing and is well. */
export interface KeptService {
  name: string;
  /** `updated_at` of the newest row that was received, in epoch ms. */
  at: number;
  kind?: Exclude<ServiceRow['kind'], 'worker'>;
  host?: string;
  /** Its dependants are degraded by it. */
  ails?: true;
  /** Those of its dependencies that it last said are not well: a bit for each in the registration's order, in base 36. */
  ailing?: string;
  /** Revision of the registration that it said it has. Left out when that is the registry's own. */
  told?: number;
  /** It is being unregistered: nothing of it may be left before its name is free. */
  leaving?: true;
  registered?: KeptRegistration;
}

interface KeptRegistration {
  revision: number;
  kind?: Exclude<Registration['kind'], 'worker'>;
  startAs?: Registration['startAs'];
  type?: Exclude<Registration['type'], 'other'>;
  dependsOn?: string[];
  isolation?: Registration['isolation'];
  healthUrl?: string;
  hostId?: string;
}

/** Of an `ailing` that can't be put in bits: it names a service that is no dependency any more. */
const OTHERS = '?';

export function keptRegistration(registration: Registration): KeptRegistration {
  const { revision, kind, startAs, type, dependsOn, isolation, healthUrl, hostId } = registration;
  return {
    revision,
    ...(kind !== 'worker' && { kind }),
    ...(startAs && { startAs }),
    ...(type !== 'other' && { type }),
    ...(dependsOn.length > 0 && { dependsOn }),
    ...(isolation && { isolation }),
    ...(healthUrl !== undefined && { healthUrl }),
    ...(hostId !== undefined && { hostId }),
  };
}

export function registrationOf({ registered }: KeptService): Registration | undefined {
  if (!registered) return undefined;
  const { kind = 'worker', type = 'other', dependsOn = [], ...rest } = registered;
  return { ...rest, kind, type, dependsOn };
}

export function isAiling({ health, status }: Pick<ServiceRow, 'health' | 'status'>): boolean {
  return health === 'unhealthy' || status === 'error' || status === 'stopped';
}

/** Which of the dependencies are named. */
export function ailingBits(names: readonly string[], dependsOn: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  if (names.some((name) => !dependsOn.includes(name))) return OTHERS;
  const bits = dependsOn.map((name) => (names.includes(name) ? '1' : '0')).join('');
  return BigInt(`0b${bits}`).toString(36);
}

/** The names that the bits stand for; undefined where they can't be told any more. */
export function ailingNames(bits: string | undefined, dependsOn: readonly string[]): string[] | undefined {
  if (bits === undefined) return [];
  if (bits === OTHERS) return undefined;
  const digits = Array.from(bits)
    .reduce((sum, digit) => sum * 36n + BigInt(parseInt(digit, 36)), 0n)
    .toString(2);
  return dependsOn.filter((_, index) => digits.padStart(dependsOn.length, '0')[index] === '1');
}

/** The bytes that it takes in JSON once all that may come to it later has come: its bits, another revision, its end. */
export function bytesOf(service: KeptService): number {
  const { registered } = service;
  const most: KeptService = {
    ...service,
    ...(registered?.dependsOn && { ailing: ailingBits(registered.dependsOn, registered.dependsOn) }),
    told: Number.MAX_SAFE_INTEGER,
    leaving: true,
  };
  return new TextEncoder().encode(JSON.stringify(most)).length + 1; // and a comma
}
