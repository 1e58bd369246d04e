// What a release holds that decides how it is installed.
import { join } from 'node:path';
import type { DiskPort } from '../ports/disk-port.js';
import { readPyproject, type Pyproject } from './pyproject.js';
import { collectRequirements } from './requirements.js';

export interface ProjectFacts {
  pyproject?: Pyproject;
  lock?: string;
  hasSetupPy: boolean;
  /** The requirement files to install from: the project's, then the profile's. */
  requirementFiles: string[];
  /** Those and all that they include: path -> text. */
  requirements: ReadonlyMap<string, string>;
  hasLocalRequirement: boolean;
}

export async function readFacts(disk: DiskPort, root: string, profile?: string): Promise<ProjectFacts> {
  const read = (path: string): Promise<string | undefined> => disk.readText(join(root, path));
  const [pyproject, lock] = await Promise.all([read('pyproject.toml'), read('uv.lock')]);
  const { files, hasLocal } = await collectRequirements(candidates(profile), read);
  return {
    ...(pyproject !== undefined && { pyproject: readPyproject(pyproject) }),
    ...(lock !== undefined && { lock }),
    hasSetupPy: await disk.exists(join(root, 'setup.py')),
    requirementFiles: candidates(profile).filter((path) => files.has(path)),
    requirements: files,
    hasLocalRequirement: hasLocal,
  };
}

function candidates(profile?: string): string[] {
  const ofProfile = profile === undefined ? [] : [`requirements-${profile}.txt`, `requirements/${profile}.txt`];
  return ['requirements.txt', ...ofProfile];
}

/** Whether the app's command is a script of the project's own, which only its installation brings. */
export function runsOwnScript({ pyproject }: ProjectFacts, command: string): boolean {
  const [program = ''] = command.trim().split(/\s+/);
  return pyproject?.scripts.includes(program) ?? false;
}
