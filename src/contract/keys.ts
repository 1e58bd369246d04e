// What the calls on keys, permissions and the audit trail take (contract §2, §8).
import { z } from 'zod';
import { discordId, GRANTABLE, policyName } from './permissions.js';
import { wholeNumber } from './requests.js';
import { ROLES } from './states.js';

export const newKeySchema = z.strictObject({
  role: z.enum(ROLES),
  expires: z.iso.datetime({ offset: true }).optional(),
  /** Binds the key to the people that this policy names. */
  policy: policyName.optional(),
});

export const permissionQuerySchema = z.strictObject({
  user_id: discordId,
  guild_id: discordId,
  action: z.enum(GRANTABLE),
  /** In the place of the one that the asking key is bound to. */
  policy: policyName.optional(),
});

export const auditQuerySchema = z.strictObject({ limit: wholeNumber(1, 1000).default(50) });
