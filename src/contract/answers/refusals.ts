// The error response body.
import { z } from 'zod';

/** Problem details, as in RFC 9457. */
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
