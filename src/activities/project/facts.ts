// What a release holds that decides how it is installed.
import { join } from 'node:path';
import { MAX_LOCK_BYTES, MAX_PROJECT_TEXT_BYTES } from '../../contract/source-limits.js';
import type { DiskPort } from '../ports/disk-port.js';
import type { ParserPort } from '../ports/parser/parser-port.js';
import type { Pyproject } from './pyproject.js';
import { collectRequirements } from './requirements.js';

export interface ProjectFacts {
  pyproject?: Pyproject;
  lock?: string;
  hasSetupPy: boolean;
  /** `uv.toml`, which names indexes and has uv read no `[tool.uv]`. */
  hasUvSettings: boolean;
  /** The requirement files to install from: the project's, then the profile's. */
  requirementFiles: string[];
  /** Those and all that they include: path -> text. */
  requirements: ReadonlyMap<string, string>;
  hasLocalRequirement: boolean;
}

export interface FactsPorts {
  disk: DiskPort;
  parser: ParserPort;
}

export async function readFacts({ disk, parser }: FactsPorts, root: string, profile?: string): Promise<ProjectFacts> {
  const read = (path: string): Promise<string | undefined> =>
    disk.readProjectFile(root, path, path === LOCK_FILE ? MAX_LOCK_BYTES : MAX_PROJECT_TEXT_BYTES);
  const [pyproject, lock] = await Promise.all([read('pyproject.toml'), read(LOCK_FILE)]);
  const { files, hasLocal } = await collectRequirements(candidates(profile), read, (file) =>
    parser.parse('requirements', file),
  );
  return {
    ...(pyproject !== undefined && { pyproject: await parser.parse('pyproject', pyproject) }),
    ...(lock !== undefined && { lock }),
    hasSetupPy: await disk.exists(join(root, 'setup.py')),
    hasUvSettings: await disk.exists(join(root, 'uv.toml')),
    requirementFiles: candidates(profile).filter((path) => files.has(path)),
    requirements: files,
    hasLocalRequirement: hasLocal,
  };
}

const LOCK_FILE = 'uv.lock';

function candidates(profile?: string): string[] {
  const ofProfile = profile === undefined ? [] : [`requirements-${profile}.txt`, `requirements/${profile}.txt`];
  return ['requirements.txt', ...ofProfile];
}

/** Whether the app's command is a script of the project's own, which only its installation brings. */
export function runsOwnScript({ pyproject }: ProjectFacts, command: string): boolean {
  const [program = ''] = command.trim().split(/\s+/);
  return pyproject?.scripts.includes(program) ?? false;
}
