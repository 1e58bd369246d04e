// Who may do what, and to which services: actions, the roles they take, and policies that bind a key to people. Pure.
import { z } from 'zod';
import { OWN_SERVICE } from './names.js';
import { matching } from './requests.js';
import type { Role } from './states.js';
import type { TextKey } from './texts.js';

/** Every call of the API is one of these. An admin key may do all that a read key may. */
export const ACTIONS = {
  deploy: 'admin',
  cancel: 'admin',
  restart: 'admin',
  rollback: 'admin',
  unregister: 'admin',
  /** Removes the data of a service, which no release brings back. */
  purge: 'admin',
  variables: 'admin',
  status: 'read',
  progress: 'read',
  logs: 'read',
  list: 'read',
  health: 'read',
  /** Keys and the audit trail: no policy and no scope grants it. */
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

/** An action covers others: a deployment brings its variables, and a rollback is one of the commands of `restart`. */
const COVERED: Partial<Record<Grantable, Grantable[]>> = { deploy: ['variables'], restart: ['rollback'] };
/** What the same actions covered before logs, unregistering and purging had actions of their own. */
const COVERED_BEFORE: Partial<Record<Grantable, Grantable[]>> = {
  deploy: ['variables', 'unregister', 'purge'],
  restart: ['rollback'],
  status: ['logs'],
};

/** An id of Discord's: digits, kept as text since it is larger than a number holds. */
export const discordId = described(/^\d{1,32}$/, 'field.discord_id');
export const policyName = described(/^[a-z0-9-]{1,63}$/, 'field.policy_name');

function described(pattern: RegExp, text: TextKey) {
  return matching(pattern, text).meta({ pattern: pattern.source });
}

/** A service's name, or the beginning of names with `*` at its end. */
export const servicePattern = described(/^([a-z0-9-]{1,63}|[a-z0-9-]{0,62}\*)$/, 'field.service_pattern');
export const ALL_SERVICES: readonly string[] = ['*'];

const ruleSchema = z.strictObject({
  /** Anybody where it is left out. */
  users: z.array(discordId).optional(),
  /** Anywhere where it is left out. */
  guilds: z.array(discordId).optional(),
  /** No service where it is left out, unless the whole file was written before rules had services. */
  services: z.array(servicePattern).optional(),
  actions: z.array(z.enum(GRANTABLE)),
});
export const policySchema = z.strictObject({ rules: z.array(ruleSchema) });
/** The whole file that `SLIPWAY_POLICY_FILE` names: policies by name. */
export const policyFileSchema = z.record(policyName, policySchema);
export type PolicyFile = z.infer<typeof policyFileSchema>;

/** A rule with nothing left to interpret: the services that it covers, and every action that it grants. */
export interface Rule {
  users?: string[];
  guilds?: string[];
  services: readonly string[];
  actions: readonly Grantable[];
}
export interface Policy {
  rules: Rule[];
}

/** True of a file whose rules know no services: it was written for an earlier version, and goes on meaning what it meant. */
export const isWithoutServices = (file: PolicyFile): boolean =>
  Object.values(file).every(({ rules }) => rules.every(({ services }) => services === undefined));

/** Paths of the rules that cover no service although their file knows services. */
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

/** Returns true if scopes of a key grant the action. */
export const isInScope = (scopes: readonly Grantable[], action: Action): boolean =>
  withCovered(scopes, COVERED).some((granted) => granted === action);

export interface Person {
  userId: string;
  guildId: string;
}

/** The services on which a person may do something: of all rules that fit. Empty where none fits. */
export function servicesFor({ rules }: Policy, { userId, guildId }: Person, action: Action): string[] {
  const fitting = rules.filter(
    ({ users, guilds, actions }) =>
      (users?.includes(userId) ?? true) &&
      (guilds?.includes(guildId) ?? true) &&
      actions.some((granted) => granted === action),
  );
  return [...new Set(fitting.flatMap(({ services }) => services))];
}

/** Whether a role alone is enough. */
export const isEnough = (role: Role, action: Action): boolean => role === 'admin' || ACTIONS[action] === 'read';

/** The services that a caller may reach: those that every list covers. A key has one, and so has its policy. */
export type Reach = readonly (readonly string[])[];

/** Slipway's own entry belongs to everybody: it can only be read. */
export const reaches = (reach: Reach, service: string | null): boolean =>
  isUnlimited(reach) ||
  service === OWN_SERVICE ||
  (service !== null && reach.every((patterns) => patterns.some((pattern) => matchesPattern(pattern, service))));

/** Returns true if the caller reaches every service, also those that have no name yet. */
export const isUnlimited = (reach: Reach): boolean => reach.every((patterns) => patterns.includes('*'));

const matchesPattern = (pattern: string, service: string): boolean =>
  pattern.endsWith('*') ? service.startsWith(pattern.slice(0, -1)) : pattern === service;
