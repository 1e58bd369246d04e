// The requests of the endpoints for keys, permissions and the audit trail.
import { z } from 'zod';
import { SERVICE_NAME } from './names.js';
import { discordId, GRANTABLE, policyName, servicePattern } from './permissions.js';
import { matching, says, wholeNumber } from './requests.js';
import { ROLES } from './states.js';

/**
 * The maximum number of service patterns of a key. Each pattern becomes a condition in a Temporal query, which Temporal
 * runs as SQL.
 */
const MOST_PATTERNS = 100;

/** The deployments that a key may start. Each item of a batch counts as one deployment. */
const budgetSchema = z
  .strictObject({
    deployments_per_hour: z.int().min(1).max(10_000).optional(),
    /** The maximum number of deployments that are running, queued, or waiting in a batch. */
    in_flight: z.int().min(1).max(1000).optional(),
  })
  .refine((budget) => Object.keys(budget).length > 0, says('field.empty_budget'));
export type KeyBudget = z.infer<typeof budgetSchema>;

export const newKeySchema = z.strictObject({
  role: z.enum(ROLES),
  expires: z.iso.datetime({ offset: true }).optional(),
  /** Restricts the key to the users in this policy. */
  policy: policyName.optional(),
  /** A display name. */
  name: matching(/^[^\p{Cc}\p{Cs}]{1,100}$/u, 'field.key_name').optional(),
  /** The actions that the key may be used for. */
  scopes: z.array(z.enum(GRANTABLE)).min(1).max(GRANTABLE.length).optional(),
  /** The services that the key may access. */
  services: z.array(servicePattern).min(1).max(MOST_PATTERNS).optional(),
  budget: budgetSchema.optional(),
});

export const permissionQuerySchema = z.strictObject({
  user_id: discordId,
  guild_id: discordId,
  action: z.enum(GRANTABLE),
  /** Replaces the policy that the calling key is bound to. */
  policy: policyName.optional(),
  /** Checks the action on this service. Default: on any service. */
  service: matching(SERVICE_NAME, 'field.service_name').optional(),
});

/** The audit trails: changes, and refused calls. Each trail has its own files. */
export const TRAILS = ['changes', 'refusals'] as const;
export const AUDIT_RESULTS = ['asked', 'accepted', 'refused'] as const;

export const auditQuerySchema = z.strictObject({
  /** Applies to `json` only. `ndjson` returns all entries. */
  limit: wholeNumber(1, 1000).default(50),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  key: z.string().min(1).max(100).optional(),
  service: matching(SERVICE_NAME, 'field.service_name').optional(),
  result: z.enum(AUDIT_RESULTS).optional(),
  /** Defaults to both trails for `json`, and to `changes` for `ndjson`. */
  trail: z.enum(TRAILS).optional(),
  /** `ndjson` returns the stored lines of a trail, including the digests of the hash chain. */
  format: z.enum(['json', 'ndjson']).default('json'),
});
