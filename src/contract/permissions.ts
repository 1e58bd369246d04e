// Who may do what (contract §8): actions, the roles they take, and policies that bind a key to people. Pure.
import { z } from 'zod';
import { matching } from './requests.js';
import type { Role } from './states.js';
import type { TextKey } from './texts.js';

/** Every call of the API is one of these. An admin key may do all that a read key may. */
export const ACTIONS = {
  deploy: 'admin',
  cancel: 'admin',
  restart: 'admin',
  status: 'read',
  progress: 'read',
  list: 'read',
  health: 'read',
  /** Keys and the audit trail: no policy grants it. */
  administer: 'admin',
} as const satisfies Record<string, Role>;
export type Action = keyof typeof ACTIONS;

export const GRANTABLE = ['deploy', 'cancel', 'restart', 'status', 'progress', 'list', 'health'] as const;

/** An id of Discord's: digits, kept as text since it is larger than a number holds. */
export const discordId = described(/^\d{1,32}$/, 'field.discord_id');
export const policyName = described(/^[a-z0-9-]{1,63}$/, 'field.policy_name');

function described(pattern: RegExp, text: TextKey) {
  return matching(pattern, text).meta({ pattern: pattern.source });
}

const ruleSchema = z.strictObject({
  /** Anybody where it is left out. */
  users: z.array(discordId).optional(),
  /** Anywhere where it is left out. */
  guilds: z.array(discordId).optional(),
  actions: z.array(z.enum(GRANTABLE)),
});
export const policySchema = z.strictObject({ rules: z.array(ruleSchema) });
/** The whole file that `SLIPWAY_POLICY_FILE` names: policies by name. */
export const policyFileSchema = z.record(policyName, policySchema);
export type Policy = z.infer<typeof policySchema>;

export interface Person {
  userId: string;
  guildId: string;
}

/** One rule that fits is enough. */
export function grants({ rules }: Policy, { userId, guildId }: Person, action: Action): boolean {
  return rules.some(
    ({ users, guilds, actions }) =>
      (users?.includes(userId) ?? true) &&
      (guilds?.includes(guildId) ?? true) &&
      actions.some((granted) => granted === action),
  );
}

/** Whether a role alone is enough. */
export const isEnough = (role: Role, action: Action): boolean => role === 'admin' || ACTIONS[action] === 'read';
