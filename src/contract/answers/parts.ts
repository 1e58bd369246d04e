// Schemas that several response bodies share.
import { z } from 'zod';

export const time = z.iso.datetime().meta({ example: '2026-01-02T03:04:05.000Z' });
export const percent = z.number().min(0).max(100);
export const seconds = z.number().min(0);
export const count = z.int().min(0);
export const stale = z.literal(true).optional().meta({ description: 'No worker answered: it is what was last known' });
export const warnings = z
  .array(z.looseObject({ path: z.string(), message: z.string() }))
  .optional()
  .meta({ description: 'Accepted fields that may not mean what the caller intended' });
