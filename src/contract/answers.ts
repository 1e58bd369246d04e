// What the API answers, as schemas with examples: the description (OpenAPI) is made of them, and a test holds answers to
// them. They may grow: a client ignores what it does not know.
import { z } from 'zod';
import { DELIVERY_STATUSES, type DeliveryBody } from './callbacks.js';
import { ACTIONS, type Action } from './permissions.js';
import {
  ATTEMPT_STATUSES,
  BATCH_ITEM_STATUSES,
  DEPLOYMENT_STATUSES,
  ENDED_STATUSES,
  ENVIRONMENTS,
  HEALTHS,
  MODES,
  REQUEST_MODES,
  ROLES,
  SERVICE_COMMANDS,
  SERVICE_EVENTS,
  SERVICE_KINDS,
  SERVICE_STATUSES,
  SERVICE_TYPES,
  STEPS,
} from './states.js';
import { EVENT_TYPES, type ProgressBody, type StatusBody } from './views.js';

const time = z.iso.datetime().meta({ example: '2026-01-02T03:04:05.000Z' });
const percent = z.number().min(0).max(100);
const seconds = z.number().min(0);
const count = z.int().min(0);
const id = z.string().meta({ example: 'uv_20260102_030405_a1b2c3d4' });
const step = z.enum(STEPS).nullable();
const mode = z.enum(MODES).nullable();
const metadata = z.record(z.string(), z.json()).meta({ example: { initiated_by: 'user_12345', api_version: '1.0.0' } });
const currentStep = z.string().meta({ description: 'In Chinese in every language', example: '安裝依賴' });
const stale = z.literal(true).optional().meta({ description: 'No worker answered: it is what was last known' });
const health = z.enum(HEALTHS);
const toldStatus = z.enum([...SERVICE_STATUSES, 'unknown']);

// --- deployments --------------------------------------------------------------------------------------------------

export const startedAnswer = z
  .looseObject({
    deployment_id: id,
    status: z.enum(['accepted', 'queued']),
    message: z.string().meta({ example: '部署已開始' }),
    message_en: z.string().optional(),
    mode: z.enum(REQUEST_MODES),
    service: z.string().nullable(),
    start_time: time,
    estimated_duration: seconds,
    queue_position: count.optional(),
    progress_url: z.string(),
    logs_url: z.string(),
    metadata,
  })
  .meta({
    id: 'Started',
    example: {
      deployment_id: 'uv_20260102_030405_a1b2c3d4',
      status: 'accepted',
      message: '部署已開始',
      mode: 'uv',
      service: 'roas-bot',
      start_time: '2026-01-02T03:04:05.000Z',
      estimated_duration: 120,
      progress_url: '/api/deployments/uv_20260102_030405_a1b2c3d4/progress',
      logs_url: '/api/deployments/uv_20260102_030405_a1b2c3d4/logs',
      metadata: { initiated_by: 'user_12345', api_version: '1.0.0' },
    },
  });

const errorAnswer = z
  .looseObject({
    type: z.enum(['EnvironmentError', 'DeploymentError']),
    code: z.string(),
    step,
    mode,
    message: z.string(),
    hint: z.string().optional(),
    log_tail: z.array(z.string()),
  })
  .meta({ id: 'DeploymentError' });

const attemptAnswer = z
  .looseObject({
    mode: z.enum(MODES),
    status: z.enum(ATTEMPT_STATUSES),
    reason: z.string().optional(),
    failed_step: z.enum(STEPS).optional(),
    duration_seconds: seconds,
  })
  .meta({ id: 'Attempt' });

const exampleStatus = {
  deployment_id: 'uv_20260102_030405_a1b2c3d4',
  status: 'completed',
  mode: 'uv',
  environment: 'dev',
  service: 'roas-bot',
  start_time: '2026-01-02T03:04:05.000Z',
  end_time: '2026-01-02T03:04:17.500Z',
  duration_seconds: 12.5,
  current_step: '啟動服務',
  step: 'start',
  active_mode: 'uv',
  progress_percentage: 100,
  estimated_time_remaining: 0,
  logs_available: true,
  is_active: false,
  attempts: [{ mode: 'uv', status: 'completed', duration_seconds: 12.4 }],
  release: 'uv_20260102_030405_a1b2c3d4',
  url: 'http://127.0.0.1:43127',
  changed: true,
  metadata: { initiated_by: 'user_12345', api_version: '1.0.0' },
};

export const statusAnswer = z
  .looseObject({
    deployment_id: id,
    status: z.enum(DEPLOYMENT_STATUSES),
    mode: z.enum(REQUEST_MODES),
    environment: z.enum(ENVIRONMENTS),
    service: z.string().nullable(),
    batch_id: z.string().optional(),
    start_time: time,
    end_time: time.optional(),
    duration_seconds: seconds.optional(),
    current_step: currentStep,
    current_step_en: z.string().optional(),
    step,
    active_mode: mode,
    progress_percentage: percent,
    estimated_time_remaining: seconds,
    logs_available: z.boolean(),
    is_active: z.boolean(),
    attempts: z.array(attemptAnswer),
    error: errorAnswer.optional(),
    error_message: z.string().optional(),
    release: z.string().optional(),
    url: z.string().optional(),
    queue_position: count.optional(),
    changed: z.boolean().optional(),
    stale,
    metadata,
  })
  .meta({ id: 'Deployment', example: exampleStatus }) satisfies z.ZodType<StatusBody>;

export const deploymentsAnswer = z.array(statusAnswer).meta({ example: [exampleStatus] });

export const progressAnswer = z
  .looseObject({
    deployment_id: id,
    status: z.enum(DEPLOYMENT_STATUSES),
    current_step: currentStep,
    current_step_en: z.string().optional(),
    step,
    active_mode: mode,
    progress_percentage: percent,
    completed_steps: count,
    total_steps: count,
    estimated_time_remaining: seconds,
    last_update: time,
    detail: z.string().nullable(),
    stale,
  })
  .meta({
    id: 'Progress',
    example: {
      deployment_id: 'uv_20260102_030405_a1b2c3d4',
      status: 'running',
      current_step: '安裝依賴',
      step: 'install',
      active_mode: 'uv',
      progress_percentage: 32.1,
      completed_steps: 2,
      total_steps: 5,
      estimated_time_remaining: 81,
      last_update: '2026-01-02T03:04:06.000Z',
      detail: null,
    },
  }) satisfies z.ZodType<ProgressBody>;

export const cancelledAnswer = z
  .looseObject({
    deployment_id: id,
    status: z.enum(['cancelled', 'cancelling']),
    message: z.string(),
    message_en: z.string().optional(),
    cancelled_at: time.optional(),
  })
  .meta({
    id: 'Cancelled',
    example: {
      deployment_id: 'uv_20260102_030405_a1b2c3d4',
      status: 'cancelled',
      message: '部署已取消',
      cancelled_at: '2026-01-02T03:04:09.000Z',
    },
  });

const told = EVENT_TYPES.filter((type) => type !== 'queued' && type !== 'started');
const deliveryAnswer = z
  .looseObject({
    event_id: z.string(),
    event_type: z.enum(told),
    sequence: count,
    timestamp: time,
    status: z.enum(DELIVERY_STATUSES),
    url: z.string().nullable().meta({ description: 'Its origin: the rest is a secret' }),
    attempts: count,
    last_attempt_at: time.nullable(),
    next_attempt_at: time.nullable(),
    delivered_at: time.nullable(),
    last_status: z.int().nullable(),
    last_error: z.string().nullable(),
  })
  .meta({ id: 'Delivery' }) satisfies z.ZodType<DeliveryBody>;
export const deliveriesAnswer = z.array(deliveryAnswer).meta({
  example: [
    {
      event_id: 'uv_20260102_030405_a1b2c3d4.1',
      event_type: 'step_started',
      sequence: 1,
      timestamp: '2026-01-02T03:04:05.100Z',
      status: 'pending',
      url: 'https://hooks.example.com',
      attempts: 2,
      last_attempt_at: '2026-01-02T03:04:06.200Z',
      next_attempt_at: '2026-01-02T03:04:08.200Z',
      delivered_at: null,
      last_status: 500,
      last_error: '接收端回應 500',
    },
  ],
});

export const healthAnswer = z
  .looseObject({
    api_status: z.enum(['ready', 'deploying', 'monitoring', 'maintenance', 'error']),
    timestamp: time,
    version: z.string(),
    deployment_managers: z.record(
      z.enum(MODES),
      z.looseObject({ status: z.enum(['available', 'unavailable']), reason: z.string().optional() }),
    ),
    active_deployments: count,
    queued_deployments: count,
    max_concurrent_deployments: count,
    system_resources: z.looseObject({ cpu_percent: percent, memory_percent: percent, disk_percent: percent }),
    statistics: z.looseObject({
      total_deployments: count,
      successful_deployments: count,
      failed_deployments: count,
      cancelled_deployments: count,
      average_deployment_time: seconds,
    }),
    hosts: z.array(z.looseObject({ host: z.string(), last_beat: time, instances: count })),
    warnings: z.array(z.string()).optional(),
  })
  .meta({
    id: 'Health',
    example: {
      api_status: 'ready',
      timestamp: '2026-01-02T03:04:05.000Z',
      version: '1.0.0',
      deployment_managers: {
        docker: { status: 'available' },
        uv: { status: 'available' },
        fallback: { status: 'available' },
      },
      active_deployments: 0,
      queued_deployments: 0,
      max_concurrent_deployments: 3,
      system_resources: { cpu_percent: 25.3, memory_percent: 45.2, disk_percent: 60.1 },
      statistics: {
        total_deployments: 15,
        successful_deployments: 12,
        failed_deployments: 2,
        cancelled_deployments: 1,
        average_deployment_time: 145.3,
      },
      hosts: [],
    },
  });

export const uploadAnswer = z
  .looseObject({ upload_id: z.string(), sha256: z.string(), bytes: count, expires_at: time })
  .meta({
    id: 'Upload',
    example: {
      upload_id: 'up_0123456789abcdef01234567',
      sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      bytes: 2048,
      expires_at: '2026-01-03T03:04:05.000Z',
    },
  });

// --- batches ------------------------------------------------------------------------------------------------------

const exampleBatch = {
  batch_id: 'batch_20260102_030405_a1b2c3d4',
  status: 'running',
  start_time: '2026-01-02T03:04:05.000Z',
  progress_percentage: 50,
  total: 2,
  completed: 1,
  failed: 0,
  cancelled: 0,
  skipped: 0,
  items: [
    { service: 'db', deployment_id: 'uv_20260102_030405_b2c3d4e5', status: 'completed', reason: null },
    { service: 'api', deployment_id: null, status: 'waiting', reason: null },
  ],
};

export const batchAnswer = z
  .looseObject({
    batch_id: z.string(),
    status: z.enum(['running', ...ENDED_STATUSES]),
    start_time: time,
    end_time: time.optional(),
    duration_seconds: seconds.optional(),
    progress_percentage: percent,
    total: count,
    completed: count,
    failed: count,
    cancelled: count,
    skipped: count,
    items: z.array(
      z.looseObject({
        service: z.string(),
        deployment_id: z.string().nullable(),
        status: z.enum(BATCH_ITEM_STATUSES),
        reason: z.string().nullable(),
      }),
    ),
    message: z.string().optional(),
    stale,
  })
  .meta({ id: 'Batch', example: exampleBatch });

export const batchCancelledAnswer = z
  .looseObject({
    batch_id: z.string(),
    status: z.enum(['cancelled', 'cancelling']),
    message: z.string(),
    cancelled_at: time.optional(),
  })
  .meta({
    id: 'BatchCancelled',
    example: {
      batch_id: 'batch_20260102_030405_a1b2c3d4',
      status: 'cancelled',
      message: '批次部署已取消',
      cancelled_at: '2026-01-02T03:04:09.000Z',
    },
  });

// --- services -----------------------------------------------------------------------------------------------------

const exampleRow = {
  name: 'roas-bot',
  kind: 'worker',
  type: 'sub_bot',
  status: 'running',
  health: 'healthy',
  active_release: 'uv_20260102_030405_a1b2c3d4',
  instance: 'roas-bot.000001.uv_20260102_030405_a1b2c3d4',
  url: null,
  depends_on: ['lavalink'],
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
  instance: z.string().nullable(),
  url: z.string().nullable(),
  depends_on: z.array(z.string()),
  health_url: z.string().optional(),
  host: z.string().nullable(),
  restarts: count,
  environment: z.enum(ENVIRONMENTS).nullable(),
  persist: z.array(z.string()).optional(),
  created_at: time,
  updated_at: time,
  port: z.int().optional(),
  message: z.string().optional(),
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

// --- keys ---------------------------------------------------------------------------------------------------------

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
        at: time,
        key_id: z.string(),
        user_id: z.string().optional(),
        guild_id: z.string().optional(),
        action: z.enum(actions),
        method: z.string(),
        path: z.string(),
        status: z.int(),
        result: z.enum(['accepted', 'refused']),
        address: z.string(),
      })
      .meta({ id: 'AuditEntry' }),
  )
  .meta({
    example: [
      {
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

// --- errors -------------------------------------------------------------------------------------------------------

/** RFC 9457 (contract §7). */
export const problemAnswer = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    error: z.enum(['PermissionError', 'EnvironmentError', 'DeploymentError']),
    errors: z.array(z.looseObject({ path: z.string(), message: z.string() })).optional(),
    hint: z.string().optional(),
  })
  .meta({ id: 'Problem' });

export const probeAnswer = z.looseObject({ status: z.string() }).meta({ id: 'Probe', example: { status: 'ready' } });
