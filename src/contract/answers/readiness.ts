// Response bodies of the health endpoint and the probes.
import { z } from 'zod';
import type { Mode } from '../states.js';
import { count, percent, seconds, time } from './parts.js';

const manager = z.looseObject({ status: z.enum(['available', 'unavailable']), reason: z.string().optional() });

export const healthAnswer = z
  .looseObject({
    api_status: z.enum(['ready', 'deploying', 'monitoring', 'maintenance', 'error']),
    timestamp: time,
    version: z.string(),
    deployment_managers: z.object({ docker: manager, uv: manager, fallback: manager } satisfies Record<Mode, unknown>),
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

export const probeAnswer = z.looseObject({ status: z.string() }).meta({ id: 'Probe', example: { status: 'ready' } });
