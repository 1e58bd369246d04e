// Makes a copied project the root of its own world: uv looks for workspaces and settings in parent folders.
import { join } from 'node:path';
import type { DiskPort } from '../ports/disk-port.js';
import { readPyproject } from '../project/pyproject.js';
import type { ProjectFacts } from '../project/facts.js';

/** A workspace of its own, without members: it changes no lock file. */
const OWN_WORKSPACE = '\n[tool.uv.workspace]\n';

export async function isolate(disk: DiskPort, copy: string, { pyproject }: ProjectFacts): Promise<void> {
  if (pyproject?.hasProject) await declareWorkspace(disk, join(copy, 'pyproject.toml'));
  else if (!pyproject?.hasUvTable) await addSettings(disk, join(copy, 'uv.toml'));
}

async function declareWorkspace(disk: DiskPort, file: string): Promise<void> {
  const text = (await disk.readText(file)) ?? '';
  const declared = `${text}${OWN_WORKSPACE}`;
  if (!readPyproject(text).hasUvWorkspace && isToml(declared)) await disk.writeAtomically(file, declared);
}

/** An empty settings file ends the search for one in the folders above. */
async function addSettings(disk: DiskPort, file: string): Promise<void> {
  if (!(await disk.exists(file))) await disk.writeAtomically(file, '');
}

/** A table written inline (`tool = {…}`) can't be added to; such a project stays as it is. */
function isToml(text: string): boolean {
  try {
    return readPyproject(text).hasUvWorkspace;
  } catch {
    return false;
  }
}
