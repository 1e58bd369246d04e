// Requirement files of a working copy, with nothing editable in them.
import { join } from 'node:path';
import type { DiskPort } from './ports/disk-port.js';
import type { ProjectFacts } from './project/facts.js';
import { withoutEditable } from './project/requirements.js';

/** Writes only what changes: the others keep their encoding, which the installer reads itself. */
export async function writePlainRequirements(
  disk: Pick<DiskPort, 'writeAtomically'>,
  copy: string,
  { requirements }: Pick<ProjectFacts, 'requirements'>,
): Promise<void> {
  for (const [path, text] of requirements) {
    const plain = withoutEditable(text);
    if (plain !== text) await disk.writeAtomically(join(copy, path), plain);
  }
}
