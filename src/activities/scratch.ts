import { join } from 'node:path';
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

/** No service is named so, and a source's folders are not either. */
const TOOLS_TEMPORARY = '.tools';

/**
 * An empty folder for the temporary files of an attempt's tools: what a killed one leaves there goes with the attempt's
 * own temporary folder, where nobody would ever take it out of the host's.
 */
export async function toolsTemporary(
  disk: DiskPort,
  layout: Layout,
  { deploymentId, attempt }: Pick<AttemptRef, 'deploymentId' | 'attempt'>,
): Promise<{ TMPDIR: string }> {
  const folder = join(temporaryDir(layout, deploymentId, attempt), TOOLS_TEMPORARY);
  await disk.remove(folder);
  await disk.makeFolder(folder);
  return { TMPDIR: folder };
}
