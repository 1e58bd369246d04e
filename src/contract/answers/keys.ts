// Response bodies of keys, permissions and the audit trail.
import { z } from 'zod';
import { AUDIT_RESULTS } from '../keys.js';
import { ACTIONS, type Action } from '../permissions.js';
import { ISOLATIONS, ROLES } from '../states.js';
import { count, time } from './parts.js';

const actions = Object.keys(ACTIONS) as [Action, ...Action[]];

export const newKeyAnswer = z
  .looseObject({ id: z.string(), key: z.string(), role: z.enum(ROLES) })
  .meta({ id: 'NewKey', example: { id: 'key_0123456789ab', key: 'slipway_…', role: 'read' } });

export const keysAnswer = z
  .array(
    z
      .looseObject({
        id: z.string(),
        role: z.enum(ROLES),
        created_at: time,
        expires_at: time.optional(),
        policy: z.string().optional(),
        name: z.string().optional(),
        scopes: z.array(z.string()).optional(),
        services: z.array(z.string()).optional(),
        budget: z.looseObject({ deployments_per_hour: count.optional(), in_flight: count.optional() }).optional(),
        last_used_at: time.optional().meta({ description: 'To the minute' }),
      })
      .meta({ id: 'Key' }),
  )
  .meta({ example: [{ id: 'key_admin', role: 'admin', created_at: '2026-01-02T03:04:05.000Z' }] });

export const permissionAnswer = z
  .looseObject({ allowed: z.boolean(), reason: z.string() })
  .meta({ id: 'Permission', example: { allowed: false, reason: '用戶沒有部署權限' } });

const grant = z
  .looseObject({
    role: z.enum(ROLES),
    name: z.string().optional(),
    scopes: z.array(z.string()).optional(),
    services: z.array(z.string()).optional(),
    policy: z.string().optional(),
    budget: z.looseObject({ deployments_per_hour: count.optional(), in_flight: count.optional() }).optional(),
    expires_at: time.optional(),
  })
  .meta({ description: 'Permissions of the key that was created or revoked' });

export const auditAnswer = z
  .array(
    z
      .looseObject({
        id: z.string(),
        at: time,
        key_id: z.string(),
        key_name: z.string().optional(),
        user_id: z.string().optional(),
        guild_id: z.string().optional(),
        action: z.enum([...actions, 'authenticate']),
        target: z
          .looseObject({
            service: z.string().optional(),
            deployment: z.string().optional(),
            batch: z.string().optional(),
            key: z.string().optional(),
            granted: grant.optional(),
            count: count.optional(),
            isolation: z.enum(ISOLATIONS).optional(),
          })
          .optional(),
        method: z.string(),
        path: z.string(),
        status: z.int().nullable(),
        result: z.enum(AUDIT_RESULTS),
        address: z.string(),
        suppressed: count.optional(),
      })
      .meta({ id: 'AuditEntry' }),
  )
  .meta({
    example: [
      {
        id: '5b6a2c1e-0d3f-4a8b-9c7d-1e2f3a4b5c6d',
        at: '2026-01-02T03:04:05.000Z',
        key_id: 'key_admin',
        action: 'deploy',
        target: { service: 'roas-bot', deployment: 'uv_20260102_030405_a1b2c3d4' },
        method: 'POST',
        path: '/api/deployments',
        status: 202,
        result: 'accepted',
        address: '127.0.0.1',
      },
    ],
  });

const chainReport = z
  .looseObject({
    whole: z.boolean(),
    complete: z.boolean().meta({ description: 'Whether the first line ever written is still there' }),
    lines: count,
    unchained: count.meta({ description: 'Lines of an earlier version, which nothing protects' }),
    torn: count.meta({ description: 'Lines that were cut by the end of a process, or by a full disk' }),
    breaks: z.array(
      z.looseObject({
        file: z.string(),
        line: count,
        reason: z.enum(['changed_or_missing', 'missing_before', 'not_chained']),
      }),
    ),
    first_at: time.nullable(),
    last_at: time.nullable(),
    head: z.string().nullable().meta({ description: 'SHA-256 of the last line' }),
  })
  .meta({ id: 'AuditTrailCheck' });
const exampleReport = {
  whole: true,
  complete: true,
  lines: 42,
  unchained: 0,
  torn: 0,
  breaks: [],
  first_at: '2026-01-02T03:04:05.000Z',
  last_at: '2026-02-03T04:05:06.000Z',
  head: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};
export const auditCheckAnswer = z
  .looseObject({ whole: z.boolean(), trails: z.looseObject({ changes: chainReport, refusals: chainReport }) })
  .meta({ id: 'AuditCheck', example: { whole: true, trails: { changes: exampleReport, refusals: exampleReport } } });

export const callbackSecretAnswer = z
  .looseObject({
    secret: z.string(),
    earlier: z.array(z.string()).meta({ description: "Digests of Slipway's earlier keys, which can sign too" }),
  })
  .meta({ id: 'CallbackSecret', example: { secret: 'whsec_…', earlier: [] } });
