// Removes editable installs from the requirement files of a working copy.
import { join } from 'node:path';
import type { DiskPort } from './ports/disk-port.js';
import type { ProjectFacts } from './project/facts.js';
import { withoutEditable } from './project/requirements.js';

/** Writes only files that change. The others keep their encoding, which the installer detects itself. */
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
