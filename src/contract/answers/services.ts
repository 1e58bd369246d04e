// Response bodies of services.
import { z } from 'zod';
import {
  ENVIRONMENTS,
  HEALTHS,
  ISOLATIONS,
  MODES,
  SERVICE_COMMANDS,
  SERVICE_EVENTS,
  SERVICE_KINDS,
  SERVICE_STATUSES,
  SERVICE_TYPES,
} from '../states.js';
import { count, stale, time } from './parts.js';

const health = z.enum(HEALTHS);
const toldStatus = z.enum([...SERVICE_STATUSES, 'unknown']);

const exampleRow = {
  name: 'roas-bot',
  kind: 'worker',
  type: 'sub_bot',
  status: 'running',
  health: 'healthy',
  active_release: 'uv_20260102_030405_a1b2c3d4',
  mode: 'uv',
  instance: 'roas-bot.000001.uv_20260102_030405_a1b2c3d4',
  url: null,
  depends_on: ['lavalink'],
  isolation: 'any',
  host: 'host-a1b2c3',
  restarts: 0,
  environment: 'prod',
  persist: ['bot.db'],
  created_at: '2026-01-02T03:04:05.000Z',
  updated_at: '2026-01-02T03:04:17.000Z',
};
const exampleRelease = {
  release: 'uv_20260102_030405_a1b2c3d4',
  mode: 'uv',
  created_at: '2026-01-02T03:04:10.000Z',
  revision: '3f2a91c',
  deployed_by: 'user_12345',
  active: true,
};

const row = {
  name: z.string(),
  kind: z.enum(SERVICE_KINDS),
  type: z.enum(SERVICE_TYPES),
  status: toldStatus,
  health,
  active_release: z.string().nullable(),
  mode: z.enum(MODES).optional().describe('the active release runs in it'),
  instance: z.string().nullable(),
  url: z.string().nullable(),
  depends_on: z.array(z.string()),
  health_url: z.string().optional(),
  isolation: z.enum(ISOLATIONS),
  host: z.string().nullable(),
  restarts: count,
  environment: z.enum(ENVIRONMENTS).nullable(),
  persist: z.array(z.string()).optional(),
  created_at: time,
  updated_at: time,
  port: z.int().optional(),
  next_start: time.optional(),
  message: z.string().optional(),
  hint: z.string().optional().describe('what to do about what the message says'),
  stale,
};
const releaseAnswer = z
  .looseObject({
    release: z.string(),
    mode: z.enum(MODES),
    created_at: time,
    revision: z.string().optional(),
    deployed_by: z.string().optional(),
    active: z.boolean(),
    rolled_back: z.literal(true).optional().describe('a rollback went back from it: one without a name passes it over'),
  })
  .meta({ id: 'Release' });
export const servicesAnswer = z.array(z.looseObject(row).meta({ id: 'ServiceRow' })).meta({ example: [exampleRow] });
export const serviceAnswer = z
  .looseObject({ ...row, releases: z.array(releaseAnswer) })
  .meta({ id: 'Service', example: { ...exampleRow, releases: [exampleRelease] } });
export const releasesAnswer = z.array(releaseAnswer).meta({ example: [exampleRelease] });

export const serviceHealthAnswer = z
  .looseObject({
    service_name: z.string(),
    status: health,
    checked_at: time,
    message: z.string().nullable(),
    details: z.looseObject({ status: toldStatus }),
    stale,
  })
  .meta({
    id: 'ServiceHealth',
    example: {
      service_name: 'roas-bot',
      status: 'healthy',
      checked_at: '2026-01-02T03:05:00.000Z',
      message: null,
      details: { status: 'running', instance: exampleRow.instance, host: 'host-a1b2c3', restarts: 0, url: null },
    },
  });

export const eventsAnswer = z
  .array(
    z
      .looseObject({
        service_name: z.string(),
        event_type: z.enum(SERVICE_EVENTS),
        timestamp: time,
        old_status: z.string().nullable(),
        new_status: z.string().nullable(),
        message: z.string(),
        metadata: z.record(z.string(), z.union([z.string(), z.number()])),
      })
      .meta({ id: 'ServiceEvent' }),
  )
  .meta({
    example: [
      {
        service_name: 'roas-bot',
        event_type: 'release_activated',
        timestamp: '2026-01-02T03:04:17.000Z',
        old_status: null,
        new_status: null,
        message: '版本 uv_20260102_030405_a1b2c3d4 已上線',
        metadata: { release: 'uv_20260102_030405_a1b2c3d4' },
      },
    ],
  });

const discovered = z
  .looseObject({
    name: z.string(),
    type: z.enum(SERVICE_TYPES),
    kind: z.enum(SERVICE_KINDS),
    status: toldStatus,
    health,
    url: z.string().nullable(),
  })
  .meta({ id: 'Discovered' });
export const discoveryAnswer = z
  .looseObject({
    deployment_services: z.array(discovered),
    sub_bot_services: z.array(discovered),
    ai_services: z.array(discovered),
    other_services: z.array(discovered),
  })
  .meta({
    id: 'Discovery',
    example: {
      deployment_services: [
        {
          name: 'DeploymentServiceAPI',
          type: 'deployment_service',
          kind: 'web',
          status: 'running',
          health: 'healthy',
          url: 'http://127.0.0.1:8088',
        },
      ],
      sub_bot_services: [],
      ai_services: [],
      other_services: [],
    },
  });

export const commandAnswer = z
  .looseObject({
    service: z.string(),
    command_id: z.string(),
    command: z.enum(SERVICE_COMMANDS),
    status: z.literal('accepted'),
    events_url: z.string(),
  })
  .meta({
    id: 'CommandAccepted',
    example: {
      service: 'roas-bot',
      command_id: 'cmd_0123456789ab',
      command: 'restart',
      status: 'accepted',
      events_url: '/api/services/roas-bot/events',
    },
  });

export const unregisteringAnswer = z
  .looseObject({ service: z.string(), status: z.literal('unregistering') })
  .meta({ id: 'Unregistering', example: { service: 'roas-bot', status: 'unregistering' } });
