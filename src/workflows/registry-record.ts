// The registry's record of a service, short enough for ten thousand services. Pure.
import type { Registration } from '../contract/messages.js';
import type { ServiceRow } from '../contract/views.js';
import { jsonBytes } from '../contract/json-bytes.js';

/** Defaults are omitted: a worker of type `other`, healthy and without dependencies. */
export interface KeptService {
  name: string;
  /** `updated_at` of the newest row that was received, in epoch ms. */
  at: number;
  kind?: Exclude<ServiceRow['kind'], 'worker'>;
  host?: string;
  /** True if its dependants are degraded because of it. */
  ails?: true;
  /**
   * The unhealthy dependencies that the service last reported: a bit for each, in the registration's order, in base 36.
   */
  ailing?: string;
  /** The revision of the registration that the service reported. Absent if it is the registry's own revision. */
  told?: number;
  /** True while it is being unregistered: its name is free only after everything is removed. */
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

/** The `ailing` value for names that can't be encoded as bits: one of them is no longer a dependency. */
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

/** Encodes which of the dependencies are named. */
export function ailingBits(names: readonly string[], dependsOn: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  if (names.some((name) => !dependsOn.includes(name))) return OTHERS;
  const bits = dependsOn.map((name) => (names.includes(name) ? '1' : '0')).join('');
  return BigInt(`0b${bits}`).toString(36);
}

/** Decodes the names. Returns undefined if they can't be decoded. */
export function ailingNames(bits: string | undefined, dependsOn: readonly string[]): string[] | undefined {
  if (bits === undefined) return [];
  if (bits === OTHERS) return undefined;
  const digits = Array.from(bits)
    .reduce((sum, digit) => sum * 36n + BigInt(parseInt(digit, 36)), 0n)
    .toString(2);
  return dependsOn.filter((_, index) => digits.padStart(dependsOn.length, '0')[index] === '1');
}

/** Returns the size in JSON with all fields that may be added later: its bits, another revision, its end. */
export function bytesOf(service: KeptService): number {
  const { registered } = service;
  const most: KeptService = {
    ...service,
    ...(registered?.dependsOn && { ailing: ailingBits(registered.dependsOn, registered.dependsOn) }),
    told: Number.MAX_SAFE_INTEGER,
    leaving: true,
  };
  return jsonBytes(most) + 1; // plus a comma
}
