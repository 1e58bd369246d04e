// Response bodies of batches.
import { z } from 'zod';
import { BATCH_ITEM_STATUSES, ENDED_STATUSES } from '../states.js';
import { count, percent, seconds, stale, time, warnings } from './parts.js';

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
    warnings,
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
