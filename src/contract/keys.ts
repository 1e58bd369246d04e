// What the calls on keys, permissions and the audit trail take.
import { z } from 'zod';
import { SERVICE_NAME } from './names.js';
import { discordId, GRANTABLE, policyName, servicePattern } from './permissions.js';
import { matching, says, wholeNumber } from './requests.js';
import { ROLES } from './states.js';

/** Each becomes a part of a query to Temporal, and there of SQL. */
const MOST_PATTERNS = 100;

/** How many deployments a key may start; items of a batch count one by one. */
const budgetSchema = z
  .strictObject({
    deployments_per_hour: z.int().min(1).max(10_000).optional(),
    /** Running, queued, or waiting in a batch. */
    in_flight: z.int().min(1).max(1000).optional(),
  })
  .refine((budget) => Object.keys(budget).length > 0, says('field.empty_budget'));
export type KeyBudget = z.infer<typeof budgetSchema>;

export const newKeySchema = z.strictObject({
  role: z.enum(ROLES),
  expires: z.iso.datetime({ offset: true }).optional(),
  /** Binds the key to the people that this policy names. */
  policy: policyName.optional(),
  /** What people call it. */
  name: matching(/^[^\p{Cc}\p{Cs}]{1,100}$/u, 'field.key_name').optional(),
  /** The only actions that it may be used for. */
  scopes: z.array(z.enum(GRANTABLE)).min(1).max(GRANTABLE.length).optional(),
  /** The only services that it reaches. */
  services: z.array(servicePattern).min(1).max(MOST_PATTERNS).optional(),
  budget: budgetSchema.optional(),
});

export const permissionQuerySchema = z.strictObject({
  user_id: discordId,
  guild_id: discordId,
  action: z.enum(GRANTABLE),
  /** In the place of the one that the asking key is bound to. */
  policy: policyName.optional(),
  /** Whether it may be done to this service; without it, to any. */
  service: matching(SERVICE_NAME, 'field.service_name').optional(),
});

/** What was done, and what was refused: each is a file of its own. */
export const TRAILS = ['changes', 'refusals'] as const;
export const AUDIT_RESULTS = ['asked', 'accepted', 'refused'] as const;

export const auditQuerySchema = z.strictObject({
  /** Of JSON; lines are all there are. */
  limit: wholeNumber(1, 1000).default(50),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  key: z.string().min(1).max(100).optional(),
  service: matching(SERVICE_NAME, 'field.service_name').optional(),
  result: z.enum(AUDIT_RESULTS).optional(),
  /** Both, where it is left out; of lines what was done. */
  trail: z.enum(TRAILS).optional(),
  /** As lines of a trail, with the digests that chain them. */
  format: z.enum(['json', 'ndjson']).default('json'),
});
