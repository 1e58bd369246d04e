// Permissions: the actions, the roles that they need, and policies that restrict a key to users and services.
import { z } from 'zod';
import { OWN_SERVICE } from './names.js';
import { matching } from './requests.js';
import type { Role } from './states.js';
import type { TextKey } from './texts.js';

/**
 * The actions, with the role that each needs. Every call of the API is one action. Admin keys may also do everything
 * that read keys may.
 */
export const ACTIONS = {
  deploy: 'admin',
  cancel: 'admin',
  restart: 'admin',
  rollback: 'admin',
  unregister: 'admin',
  /** Removes the data of a service. No release can restore this data. */
  purge: 'admin',
  variables: 'admin',
  status: 'read',
  progress: 'read',
  logs: 'read',
  list: 'read',
  health: 'read',
  /** Keys and the audit trail. Policies and scopes can't grant this action. */
  administer: 'admin',
} as const satisfies Record<string, Role>;
export type Action = keyof typeof ACTIONS;

export const GRANTABLE = [
  'deploy',
  'cancel',
  'restart',
  'rollback',
  'unregister',
  'purge',
  'variables',
  'status',
  'progress',
  'logs',
  'list',
  'health',
] as const satisfies Action[];
export type Grantable = (typeof GRANTABLE)[number];

/**
 * The actions that an action includes. A deployment can set variables, and a rollback is one of the commands of
 * `restart`.
 */
const COVERED: Partial<Record<Grantable, Grantable[]>> = { deploy: ['variables'], restart: ['rollback'] };
/** The included actions in earlier versions, in which logs, unregistering and purging weren't separate actions. */
const COVERED_BEFORE: Partial<Record<Grantable, Grantable[]>> = {
  deploy: ['variables', 'unregister', 'purge'],
  restart: ['rollback'],
  status: ['logs'],
};

/** A Discord id: digits, kept as text because the value exceeds the safe integer range. */
export const discordId = described(/^\d{1,32}$/, 'field.discord_id');
export const policyName = described(/^[a-z0-9-]{1,63}$/, 'field.policy_name');

function described(pattern: RegExp, text: TextKey) {
  return matching(pattern, text).meta({ pattern: pattern.source });
}

/** A service name, or a prefix followed by `*`. */
export const servicePattern = described(/^([a-z0-9-]{1,63}|[a-z0-9-]{0,62}\*)$/, 'field.service_pattern');
export const ALL_SERVICES: readonly string[] = ['*'];

const ruleSchema = z.strictObject({
  /** Default: any user. */
  users: z.array(discordId).optional(),
  /** Default: any guild. */
  guilds: z.array(discordId).optional(),
  /** Default: no service. If no rule in the file has services, the default is all services. */
  services: z.array(servicePattern).optional(),
  actions: z.array(z.enum(GRANTABLE)),
});
export const policySchema = z.strictObject({ rules: z.array(ruleSchema) });
/** The file that `SLIPWAY_POLICY_FILE` names: policies by name. */
export const policyFileSchema = z.record(policyName, policySchema);
export type PolicyFile = z.infer<typeof policyFileSchema>;

/** A rule with all defaults applied: the services that it covers, and every action that it grants. */
export interface Rule {
  users?: string[];
  guilds?: string[];
  services: readonly string[];
  actions: readonly Grantable[];
}
export interface Policy {
  rules: Rule[];
}

/**
 * Returns true if no rule in the file has services. A file without services was written for an earlier version and
 * keeps its meaning.
 */
export const isWithoutServices = (file: PolicyFile): boolean =>
  Object.values(file).every(({ rules }) => rules.every(({ services }) => services === undefined));

/** Returns the paths of rules without services, if other rules of the file have services. */
export function uncoveredRules(file: PolicyFile): string[] {
  if (isWithoutServices(file)) return [];
  return Object.entries(file).flatMap(([name, { rules }]) =>
    rules.flatMap(({ services }, index) => (services === undefined ? [`${name}.rules.${index}`] : [])),
  );
}

export function policiesIn(file: PolicyFile): Map<string, Policy> {
  const [byDefault, covered] = isWithoutServices(file) ? [ALL_SERVICES, COVERED_BEFORE] : [[], COVERED];
  const policies = Object.entries(file).map(([name, { rules }]): [string, Policy] => [
    name,
    {
      rules: rules.map(({ services = byDefault, actions, ...people }) => ({
        ...people,
        services,
        actions: withCovered(actions, covered),
      })),
    },
  ]);
  return new Map(policies);
}

function withCovered(actions: readonly Grantable[], covered: typeof COVERED): Grantable[] {
  return [...new Set(actions.flatMap((action) => [action, ...(covered[action] ?? [])]))];
}

/** Returns true if the scopes of a key grant the action. */
export const isInScope = (scopes: readonly Grantable[], action: Action): boolean =>
  withCovered(scopes, COVERED).some((granted) => granted === action);

export interface Person {
  userId: string;
  guildId: string;
}

/**
 * Returns the service patterns of all rules that grant a person the action. Returns an empty list if no rule matches.
 */
export function servicesFor({ rules }: Policy, { userId, guildId }: Person, action: Action): string[] {
  const fitting = rules.filter(
    ({ users, guilds, actions }) =>
      (users?.includes(userId) ?? true) &&
      (guilds?.includes(guildId) ?? true) &&
      actions.some((granted) => granted === action),
  );
  return [...new Set(fitting.flatMap(({ services }) => services))];
}

/** Returns true if the role permits the action. */
export const isEnough = (role: Role, action: Action): boolean => role === 'admin' || ACTIONS[action] === 'read';

/**
 * The services that a caller may access. A service must match a pattern in every list: the key's list, and the list of
 * its policy.
 */
export type Reach = readonly (readonly string[])[];

/**
 * Returns true if the caller may access the service. Slipway's own entry is read-only, so every caller may access it.
 */
export const reaches = (reach: Reach, service: string | null): boolean =>
  isUnlimited(reach) ||
  service === OWN_SERVICE ||
  (service !== null && reach.every((patterns) => patterns.some((pattern) => matchesPattern(pattern, service))));

/** Returns true if the caller may access every service, including future services. */
export const isUnlimited = (reach: Reach): boolean => reach.every((patterns) => patterns.includes('*'));

const matchesPattern = (pattern: string, service: string): boolean =>
  pattern.endsWith('*') ? service.startsWith(pattern.slice(0, -1)) : pattern === service;
