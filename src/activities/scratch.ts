import { join } from 'node:path';
import { temporaryDir, type Layout } from '../contract/layout.js';
import type { AttemptRef } from '../contract/steps.js';
import type { DiskPort } from './ports/disk-port.js';

/**
 * Runs a step, and removes the attempt's temporary folder in any case. This includes a step with nothing to do: an
 * earlier worker may have been killed before it removed the folder.
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

/** No service has this name, and no folder of a source does. */
const TOOLS_TEMPORARY = '.tools';

/**
 * Creates an empty folder for the temporary files of an attempt's tools. Files of a killed tool are then removed with
 * the attempt's own temporary folder. In the host's temporary folder they would stay.
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
