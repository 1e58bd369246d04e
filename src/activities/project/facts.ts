// What a release holds that decides how it is installed.
import { join, posix } from 'node:path';
import { MAX_LOCK_BYTES, MAX_PROJECT_TEXT_BYTES } from '../../contract/source-limits.js';
import type { Release } from '../../contract/steps.js';
import type { DiskPort } from '../ports/disk-port.js';
import type { ParserPort } from '../ports/parser/parser-port.js';
import { requirementsOf, type Pyproject } from './pyproject.js';
import { collectRequirements, localTarget, MOST_FILES, requirementFilesOf, tooManyIncludes } from './requirements.js';

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
  /** Folders and archives of the project that those name. */
  localRequirements: string[];
  /** What the folders say that requirements install: how their own dependencies are found counts, too. */
  localProjects: Pyproject[];
  /** Where in its uv workspace the member is that is installed. The lock is the workspace's. */
  member?: { folder: string };
}

export interface FactsPorts {
  disk: DiskPort;
  parser: ParserPort;
}

/** Of a release, or of the member of a uv workspace that is at `folder` in it. */
export async function readFacts(
  ports: FactsPorts,
  release: string,
  { profile, release: { folder } = {} }: { profile?: string; release?: Pick<Release, 'folder'> } = {},
): Promise<ProjectFacts> {
  if (folder === undefined) return readFolder(ports, release, profile);
  const [member, workspace] = await Promise.all([
    readFolder(ports, join(release, folder), profile),
    readFolder(ports, release),
  ]);
  const { pyproject: root, lock } = workspace;
  const { lock: ofNobody, ...own } = member;
  return {
    ...own,
    ...(lock !== undefined && { lock }),
    hasUvSettings: member.hasUvSettings || workspace.hasUvSettings,
    localProjects: [...member.localProjects, ...(root ? [root] : [])], // what the root says of sources holds for members
    member: { folder },
  };
}

async function readFolder({ disk, parser }: FactsPorts, root: string, profile?: string): Promise<ProjectFacts> {
  const read = (path: string): Promise<string | undefined> =>
    disk.readProjectFile(root, path, path === LOCK_FILE ? MAX_LOCK_BYTES : MAX_PROJECT_TEXT_BYTES);
  const [pyproject, lock] = await Promise.all([read('pyproject.toml'), read(LOCK_FILE)]);
  const { files, locals } = await collectRequirements(requirementFilesOf(profile), read, (file) =>
    parser.parse('requirements', file),
  );
  const project = pyproject === undefined ? undefined : await parser.parse('pyproject', pyproject);
  return {
    ...(project && { pyproject: project }),
    ...(lock !== undefined && { lock }),
    hasSetupPy: await disk.exists(join(root, 'setup.py')),
    hasUvSettings: await disk.exists(join(root, 'uv.toml')),
    requirementFiles: requirementFilesOf(profile).filter((path) => files.has(path)),
    requirements: files,
    localRequirements: [...locals],
    localProjects: await readLocalProjects([...locals, ...localDependencies(project)]),
  };

  async function readLocalProjects(targets: readonly string[]): Promise<Pyproject[]> {
    // A folder above may be the root of a workspace, which says where the packages of its members come from.
    const folders = new Set(
      targets
        .map((target) => posix.normalize(target))
        .flatMap(withFoldersAbove)
        .filter(isBelowRoot),
    );
    if (folders.size > MOST_FILES) throw tooManyIncludes();
    const projects: Pyproject[] = [];
    for (const folder of folders) {
      const text = await read(posix.join(folder, 'pyproject.toml'));
      if (text !== undefined) projects.push(await parser.parse('pyproject', text));
    }
    return projects;
  }
}

function withFoldersAbove(path: string): string[] {
  const above = posix.dirname(path);
  return above === '.' || above === '/' || above === path ? [path] : [path, ...withFoldersAbove(above)];
}

/** The root's own pyproject.toml is read already. */
const isBelowRoot = (path: string): boolean => !/^(?:\.{0,2}\/*$|\/|\.\.\/)/.test(path);

const LOCK_FILE = 'uv.lock';

/** Whether the app's command is a script of the project's own, which only its installation brings. */
export function runsOwnScript({ pyproject }: ProjectFacts, command: string): boolean {
  const [program = ''] = command.trim().split(/\s+/);
  return pyproject?.scripts.includes(program) ?? false;
}

/** Folders and archives that `[project]` names itself, not by way of a table for uv. */
function localDependencies(pyproject: Pyproject | undefined): string[] {
  return pyproject === undefined ? [] : requirementsOf(pyproject).flatMap((text) => localTarget(text) ?? []);
}

/** Whether installing the dependencies needs more of the project's tree than the files that name them. */
export function dependsOnTree({ pyproject, hasUvSettings, localRequirements, member }: ProjectFacts): boolean {
  if (member || localRequirements.length > 0 || hasUvSettings) return true;
  if (!pyproject) return false;
  const { hasLocalSources, hasUvWorkspace, uvIndexes } = pyproject;
  return hasLocalSources || hasUvWorkspace || uvIndexes.inTree || localDependencies(pyproject).length > 0;
}
