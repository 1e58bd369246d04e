// Response bodies of deployments, their callbacks, and uploads.
import { z } from 'zod';
import { DELIVERY_STATUSES, type DeliveryBody } from '../callbacks.js';
import { ATTEMPT_STATUSES, DEPLOYMENT_STATUSES, ENVIRONMENTS, MODES, REQUEST_MODES, STEPS } from '../states.js';
import { EVENT_TYPES, type ProgressBody, type StatusBody } from '../views.js';
import { count, percent, seconds, stale, time, warnings } from './parts.js';

const id = z.string().meta({ example: 'uv_20260102_030405_a1b2c3d4' });
const step = z.enum(STEPS).nullable();
const mode = z.enum(MODES).nullable();
const metadata = z.record(z.string(), z.json()).meta({ example: { initiated_by: 'user_12345', api_version: '1.0.0' } });
const currentStep = z.string().meta({ description: 'In Chinese in every language', example: '安裝依賴' });

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
    warnings,
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
    runs_as: z.string().optional().meta({
      description:
        "`container`, or the user of the host that the app's code ran as. Missing where nothing had changed, so that nothing ran",
    }),
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

const callbackTypes = EVENT_TYPES.filter((type) => type !== 'queued' && type !== 'started');
const deliveryAnswer = z
  .looseObject({
    event_id: z.string(),
    event_type: z.enum(callbackTypes),
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
