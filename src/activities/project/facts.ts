// Reads the files of a release that decide how it is installed.
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
  /** True if `uv.toml` exists. It defines indexes, and makes uv ignore `[tool.uv]`. */
  hasUvSettings: boolean;
  /** The requirement files to install from: the project's, then the profile's. */
  requirementFiles: string[];
  /** These files and all that they include: path -> text. */
  requirements: ReadonlyMap<string, string>;
  /** Folders and archives of the project that these files name. */
  localRequirements: string[];
  /**
   * The pyproject files of folders that requirements install, because they also decide how their own dependencies are
   * found.
   */
  localProjects: Pyproject[];
  /** The folder of the installed member in its uv workspace. The lock is the workspace's. */
  member?: { folder: string };
}

export interface FactsPorts {
  disk: DiskPort;
  parser: ParserPort;
}

/** Reads the facts of a release, or of the member at `folder` in its uv workspace. */
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
    localProjects: [...member.localProjects, ...(root ? [root] : [])], // the root's sources apply to members
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
    // A parent folder may be the root of a workspace, which defines the sources of its members' packages.
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

/** The root's own pyproject.toml is read separately. */
const isBelowRoot = (path: string): boolean => !/^(?:\.{0,2}\/*$|\/|\.\.\/)/.test(path);

const LOCK_FILE = 'uv.lock';

/** Returns true if the app's command is a script of the project itself, which exists only after its installation. */
export function runsOwnScript({ pyproject }: ProjectFacts, command: string): boolean {
  const [program = ''] = command.trim().split(/\s+/);
  return pyproject?.scripts.includes(program) ?? false;
}

/** Returns folders and archives that `[project]` names directly, without a table for uv. */
function localDependencies(pyproject: Pyproject | undefined): string[] {
  return pyproject === undefined ? [] : requirementsOf(pyproject).flatMap((text) => localTarget(text) ?? []);
}

/** Returns true if installing the dependencies needs more of the project's tree than the files that name them. */
export function dependsOnTree({ pyproject, hasUvSettings, localRequirements, member }: ProjectFacts): boolean {
  if (member || localRequirements.length > 0 || hasUvSettings) return true;
  if (!pyproject) return false;
  const { hasLocalSources, hasUvWorkspace, uvIndexes } = pyproject;
  return hasLocalSources || hasUvWorkspace || uvIndexes.inTree || localDependencies(pyproject).length > 0;
}
