// Keys, permissions and the audit trail (contract §8).
import { z } from 'zod';
import { ACTIONS, type Action } from '../permissions.js';
import { ROLES } from '../states.js';
import { time } from './parts.js';

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
      })
      .meta({ id: 'Key' }),
  )
  .meta({ example: [{ id: 'key_admin', role: 'admin', created_at: '2026-01-02T03:04:05.000Z' }] });

export const permissionAnswer = z
  .looseObject({ allowed: z.boolean(), reason: z.string() })
  .meta({ id: 'Permission', example: { allowed: false, reason: '用戶沒有部署權限' } });

export const auditAnswer = z
  .array(
    z
      .looseObject({
        id: z.string(),
        at: time,
        key_id: z.string(),
        user_id: z.string().optional(),
        guild_id: z.string().optional(),
        action: z.enum(actions),
        method: z.string(),
        path: z.string(),
        status: z.int().nullable(),
        result: z.enum(['asked', 'accepted', 'refused']),
        address: z.string(),
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
        method: 'POST',
        path: '/api/deployments',
        status: 202,
        result: 'accepted',
        address: '127.0.0.1',
      },
    ],
  });
