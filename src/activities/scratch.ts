import { temporaryDir, type Layout } from '../contract/layout.js';
import type { AttemptRef } from '../contract/steps.js';
import type { DiskPort } from './ports/disk-port.js';

/**
 * Runs a step, and removes the attempt's temporary folder however it ended. Also where the step itself had nothing to do
 * there: a worker may have been killed between the last thing that counts and its tidying up.
 */
export async function withScratch<T>(
  disk: DiskPort,
  layout: Layout,
  { deploymentId, attempt }: Pick<AttemptRef, 'deploymentId' | 'attempt'>,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } finally {
    await disk.remove(temporaryDir(layout, deploymentId, attempt));
  }
}
