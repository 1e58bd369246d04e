// Step 1: turns a source into a release, which is a snapshot on this host's disk, and reads how the release is started.
import { passwordsIn } from '../../masking.js';
import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import {
  deploymentLock,
  releaseBrought,
  releaseDir,
  releaseLinks,
  releaseManifest,
  temporaryDir,
} from '../../contract/layout.js';
import { persistedPaths, type PersistedPath } from '../../contract/persist.js';
import { isEnvFile } from '../../contract/source-exclusions.js';
import { MAX_PROJECT_TEXT_BYTES } from '../../contract/source-limits.js';
import { assertNever } from '../../contract/states.js';
import type { AttemptRef, PrepareInput, Release } from '../../contract/steps.js';
import { maskList, openBuildVariables, openVariables, secretValuesOf } from '../../secrets.js';
import { createAppFolders } from '../app-folders.js';
import { assertRoom, onDisk } from '../disk-errors.js';
import { heartbeating } from '../heartbeating.js';
import type { Ports } from '../ports/index.js';
import type { HeldLock } from '../ports/tools.js';
import { sayInLog } from '../run-logged.js';
import { withScratch } from '../scratch.js';
import type { HostSettings } from '../settings.js';
import { fetchArchive } from './archive.js';
import type { ProjectFiles, Wishes } from './detect.js';
import { fetchDirectory } from './directory.js';
import type { FetchedSource, Fetching } from './fetching.js';
import { unread } from '../project/unread-declarations.js';
import { fetchGit } from './git.js';
import { entriesBelow, readManifest, writeManifest, type Manifest } from './manifest.js';
import { fetchSnapshot } from './snapshot.js';
import { openBudget } from './source-budget.js';
import { copyTree, hashTree } from './tree.js';

type PreparePorts = Pick<Ports, 'disk' | 'parser' | 'tools' | 'logs' | 'unpacker'>;

const STAYS_IN_CONTAINERS =
  'the service runs in containers: docker alone is tried, as fallback_modes lists no other mode';

export function createPrepare(ports: PreparePorts, settings: HostSettings) {
  const { disk, parser, tools } = ports;
  const { layout } = settings;

  async function fetchInto(input: PrepareInput, lock: HeldLock, signal: AbortSignal): Promise<void> {
    const { deploymentId, service, attempt } = input;
    const workFolder = temporaryDir(layout, deploymentId, attempt);
    await disk.makeClosedFolder(workFolder);
    await createAppFolders(disk, settings).guardReleases(service);
    const token = openToken(settings, input);
    const log = { deploymentId, step: 'prepare', masked: maskedOf(settings, input, token) } as const;
    if (input.staysInContainers) await sayInLog(ports, log, STAYS_IN_CONTAINERS);
    assertRoom(await disk.freeBytes(workFolder));
    const fetching: Fetching = { ports, settings, ref: input, workFolder, log, lock, signal };
    const source = await fetchSource(fetching, input, token);
    const manifest = await makeTree(fetching, source, join(workFolder, 'tree'));
    const written = join(workFolder, 'manifest.json'); // so a kill leaves no file beside the release
    await disk.writeAtomically(written, writeManifest(manifest));
    await disk.rename(written, releaseManifest(layout, service, deploymentId));
    await disk.rename(join(workFolder, 'tree'), releaseDir(layout, service, deploymentId)); // now it is a release
  }

  /** Prepares a release. Repeatable: a release that a lost attempt has completed is only read again. */
  function prepareRelease(input: PrepareInput): Promise<Release> {
    const { deploymentId, service } = input;
    return heartbeating((signal) =>
      onDisk(async () => {
        parser.warm();
        const isThere = (): Promise<boolean> => disk.exists(releaseDir(layout, service, deploymentId));
        const fetch = async (lock: HeldLock): Promise<void> => {
          if (!(await isThere())) await fetchInto(input, lock, signal);
        };
        const lock = deploymentLock(layout, deploymentId);
        await withScratch(disk, layout, input, () => tools.withLock(lock, fetch, signal));
        return readRelease(ports, settings, input);
      }),
    );
  }

  /**
   * Undoes `prepareRelease`: removes everything of the deployment's source. An incomplete release must never appear as
   * a release.
   */
  function discardRelease({ deploymentId, service, attempt }: AttemptRef): Promise<void> {
    const scratch = temporaryDir(layout, deploymentId, attempt);
    const release = releaseDir(layout, service, deploymentId);
    const discard = async (): Promise<void> => {
      await disk.makeClosedFolder(scratch);
      if (await disk.exists(release)) await disk.rename(release, join(scratch, 'discarded'));
      for (const beside of [releaseManifest, releaseLinks, releaseBrought])
        await disk.remove(beside(layout, service, deploymentId));
      await disk.remove(scratch);
    };
    return heartbeating((signal) => tools.withLock(deploymentLock(layout, deploymentId), discard, signal));
  }

  return { prepareRelease, discardRelease };
}

function fetchSource(fetching: Fetching, { source }: PrepareInput, token?: string): Promise<FetchedSource> {
  switch (source.type) {
    case 'directory':
      return fetchDirectory(fetching, source);
    case 'git':
      return fetchGit(fetching, source, token);
    case 'archive':
      return fetchArchive(fetching, source);
    case 'snapshot':
      return fetchSnapshot(fetching, source.release);
    default:
      return assertNever(source);
  }
}

async function makeTree(
  fetching: Fetching,
  { root, folder, revision, version, only }: FetchedSource,
  to: string,
): Promise<Manifest> {
  const { ports, settings, signal, log } = fetching;
  const from = (await ports.disk.realPath(root)) ?? root;
  const budget = await openBudget(ports.disk, to);
  const copy = { from, to, only, never: settings.layout.root, budget, signal };
  const { entries, skipped, leftOut } = await copyTree(ports.disk, copy);
  if (!only) for (const line of contentLines(entries, leftOut)) await sayInLog(ports, log, line);
  for (const path of skipped) await sayInLog(ports, log, `left out ${path}: a socket, FIFO or device`);
  const sourceHash = hashTree(entries, { folder, version });
  await sayInLog(
    ports,
    log,
    `${String(entries.length)} entries, source hash ${sourceHash.slice(0, 12)}${revision ? `, commit ${revision}` : ''}`,
  );
  return {
    sourceHash,
    ...(folder !== undefined && { folder }),
    ...(revision !== undefined && { revision }),
    ...(version && { version }),
    entries,
  };
}

const MOST_NAMED = 20;

/** Returns log lines about files that aren't in the release, and about files that maybe should not be in it. */
function contentLines(entries: Manifest['entries'], leftOut: ReadonlyMap<string, number>): string[] {
  const names = [...leftOut].map(([name, count]) => (count === 1 ? name : `${name} (${count})`)).sort();
  const variables = entries.flatMap(({ path, kind }) => (kind === 'file' && isEnvFile(path) ? [path] : []));
  return [
    ...(names.length > 0 ? [`left out, as no release holds it: ${shortList(names)}`] : []),
    ...(variables.length > 0
      ? [`in the release and its image as it is: ${shortList(variables)}. Secrets belong into environment_variables`]
      : []),
  ];
}

function shortList(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

async function readRelease(
  { disk, parser }: PreparePorts,
  settings: HostSettings,
  input: PrepareInput,
): Promise<Release> {
  const { layout } = settings;
  const { service, deploymentId, request, mode } = input;
  const root = releaseDir(layout, service, deploymentId);
  const text = await disk.readText(releaseManifest(layout, service, deploymentId));
  if (text === undefined) throw new SlipwayError('internal', { params: { reason: `${deploymentId} has no manifest` } });
  const { sourceHash, folder, revision, version, entries } = readManifest(text);
  const files = { ...(await readProject(disk, root, folder)), ...foldersIn(entriesBelow(entries, folder)) };
  await refuseVirtual(parser, files, { entries, mode });
  const detected = await parser.parse('detect', {
    files,
    wishes: { ...wishesOf(request), startAs: input.startAs },
    mode,
  });
  await refuseScriptDependencies({ disk, parser }, join(root, folder ?? '.'), files, detected.command);
  const persist = persistOf(settings, input);
  return {
    sourceHash,
    ...(folder !== undefined && { folder }),
    ...(revision !== undefined && { revision }),
    ...(version && { version }),
    ...detected,
    ...(persist.length > 0 && { persist }),
  };
}

const MOST_MEMBERS_NAMED = 10;

/**
 * Throws for the root of a workspace that isn't a project itself, because no mode can install or run anything there.
 */
async function refuseVirtual(
  parser: PreparePorts['parser'],
  { names, pyproject, dockerfile }: ProjectFiles,
  { entries, mode }: { entries: Manifest['entries']; mode: PrepareInput['mode'] },
): Promise<void> {
  if (pyproject === undefined || (mode === 'docker' && dockerfile !== undefined)) return;
  const { hasProject, workspace } = await parser.parse('pyproject', pyproject);
  if (!workspace || hasProject || names.some((name) => OTHERWISE_INSTALLED.includes(name))) return;
  const projects = entries.flatMap(({ path }) => /^(.+)\/pyproject\.toml$/.exec(path)?.[1] ?? []);
  const members = await parser.parse('members', { workspace, folders: projects.slice(0, MOST_LOOKED_AT) });
  const [first = 'member'] = members;
  const named = members.slice(0, MOST_MEMBERS_NAMED).join(', ') || '-';
  throw new SlipwayError('source_invalid', { text: 'workspace.virtual', params: { members: named, first } });
}

const OTHERWISE_INSTALLED = ['requirements.txt', 'setup.py'];
const MOST_LOOKED_AT = 1000;

const DECLARING = ['pyproject.toml', 'requirements.txt', 'setup.py'];

/** Throws if a single script declares dependencies in a comment, which no mode installs. */
async function refuseScriptDependencies(
  { disk, parser }: Pick<PreparePorts, 'disk' | 'parser'>,
  root: string,
  { names }: ProjectFiles,
  command: string,
): Promise<void> {
  const script = command.split(/\s+/).find((word) => names.includes(word) && word.endsWith('.py'));
  if (script === undefined || names.some((name) => DECLARING.includes(name))) return;
  // A file of this size isn't written manually.
  if ((await disk.fileBytes(join(root, script))) > MAX_PROJECT_TEXT_BYTES) return;
  const text = await disk.readProjectFile(root, script, MAX_PROJECT_TEXT_BYTES);
  const dependencies = text === undefined ? [] : await parser.parse('script', text);
  if (dependencies.length > 0) throw unread(script, 'unread.script');
}

/** Returns the files in its folders that show how it is run, and which dependencies it has. */
function foldersIn(entries: Manifest['entries']): Pick<ProjectFiles, 'packages' | 'requirementsFolder'> {
  const files = entries.flatMap(({ path, kind }) => (kind === 'file' ? [path] : []));
  return {
    packages: files.flatMap((path) => /^((?:src\/)?[A-Za-z_]\w*)\/__main__\.py$/.exec(path)?.[1] ?? []),
    requirementsFolder: files.flatMap((path) => /^requirements\/([^/]+)$/.exec(path)?.[1] ?? []),
  };
}

/**
 * Returns the persisted paths, also for a deployment that was started manually, whose values have not been checked
 * before.
 */
function persistOf({ secrets }: HostSettings, { service, request }: PrepareInput): PersistedPath[] {
  const { persist = [], environment_variables: sealed } = request.config;
  const persisted = persistedPaths(persist, openVariables(secrets, service, sealed));
  if ('paths' in persisted) return persisted.paths;
  const [{ field, fault }] = persisted.wrong;
  const text = fault === 'field.inside' ? 'persist.outside' : 'persist.too_long';
  throw new SlipwayError('invalid', { text, params: { field } });
}

/** Returns only the fields that are needed: the process that reads the project gets no variables and no token. */
const wishesOf = ({ config }: PrepareInput['request']): Wishes => ({
  command: config.command,
  release_command: config.release_command,
  process: config.process,
  port: config.port,
  python: config.python,
  profile: config.profile,
  health_check: { path: config.health_check.path },
});

/** The files that describe how a project is run. */
const READ = ['Procfile', 'pyproject.toml', '.python-version', 'Dockerfile'] as const;

async function readProject(disk: PreparePorts['disk'], release: string, folder?: string): Promise<ProjectFiles> {
  const root = join(release, folder ?? '.');
  const entries = await disk.list(root);
  const blocking = entries.find(({ name, kind }) => kind === 'folder' && READ.some((file) => file === name));
  if (blocking)
    throw new SlipwayError('source_invalid', { text: 'source_invalid.not_a_file', params: { path: blocking.name } });
  const names = entries.filter(({ kind }) => kind !== 'folder').map(({ name }) => name);
  const [procfile, pyproject, pythonVersion, dockerfile] = await Promise.all(
    READ.map((name) => disk.readProjectFile(root, name, MAX_PROJECT_TEXT_BYTES)),
  );
  // uv also searches the parent folders, up to the workspace's root.
  const ofWorkspace =
    folder === undefined || pythonVersion !== undefined
      ? undefined
      : await disk.readProjectFile(release, '.python-version', MAX_PROJECT_TEXT_BYTES);
  return { names, procfile, pyproject, pythonVersion: pythonVersion ?? ofWorkspace, dockerfile };
}

function openToken({ secrets }: HostSettings, { source, service }: PrepareInput): string | undefined {
  if (source.type !== 'git' || source.token === undefined) return undefined;
  return secrets.open(source.token, { service, name: 'source.token' });
}

function maskedOf({ secrets, toolEnvironment }: HostSettings, input: PrepareInput, token?: string): string[] {
  const { environment_variables: forApp, plain_variables: plain, build_variables: forBuild } = input.request.config;
  return maskList([
    ...secretValuesOf(openVariables(secrets, input.service, forApp), plain),
    ...Object.values(openBuildVariables(secrets, input.service, forBuild)),
    ...passwordsIn(toolEnvironment),
    ...(token === undefined ? [] : [token]),
  ]);
}
