// pyproject.toml, read for what deployment needs of it.
import { parse, type TomlTable } from 'smol-toml';
import { SlipwayError } from '../../contract/errors.js';
import { assertLines } from './project-lines.js';
import { readSlipwayTable, type SlipwayTable } from './slipway-table.js';
import { asTable, asText, asTexts, isPackageName, normalizeName, tableAt, type Table } from './toml.js';
import { readWorkspace, type Workspace } from './workspace.js';

export interface Pyproject {
  hasProject: boolean;
  /** `[project] name`, as PEP 503 writes it. Absent where it is none that a package can have. */
  name?: string;
  hasBuildSystem: boolean;
  /** Packages of `[build-system] requires`, as PEP 503 writes them. */
  buildRequires: string[];
  scripts: string[];
  requiresPython?: string;
  dependencies: string[];
  /** Fields of `[project]` that only its build backend knows. */
  dynamic: string[];
  /** `[project.optional-dependencies]`. */
  extras: Record<string, string[]>;
  /** `[dependency-groups]` (PEP 735): requirements and includes, as written. */
  groups: Record<string, unknown[]>;
  /** `[tool.uv] package`. */
  uvPackage?: boolean;
  /** `[tool.poetry]`: whether it names dependencies beside Python, and is to be built (`package-mode`). */
  poetry?: { hasDependencies: boolean; isPackage: boolean };
  hasUvTable: boolean;
  /** `[tool.uv]` as one text to compare: uv reads it also where it installs requirement files. */
  uvTable?: string;
  hasUvWorkspace: boolean;
  workspace?: Workspace;
  /** Whether `[tool.uv.sources]` takes packages from a workspace. */
  hasWorkspaceSources: boolean;
  /** Whether `[tool.uv.sources]` names a folder or a workspace member. */
  hasLocalSources: boolean;
  /** Packages that `[tool.uv]` has a source or a URL for, as PEP 503 writes them: pip would take them from its index. */
  uvSources: string[];
  uvIndexes: UvIndexes;
  /** Whether Poetry or PDM is told of indexes of their own, which neither uv nor pip reads. */
  hasOtherSources: boolean;
  slipway: SlipwayTable;
  /** All of it that can change what is installed, as one text to compare. */
  deciding: string;
}

/** Settings of uv that name more places than one index. */
const PLACES = ['extra-index-url', 'find-links', 'no-index'];

/** Where uv looks for packages that `[tool.uv.sources]` does not name. */
export interface UvIndexes {
  /** URL of the index in the place of PyPI. */
  instead?: string;
  /** Whether others are looked at before it, or folders of archives. pip has no order of indexes: the newest version wins. */
  hasMore: boolean;
  /** Whether one of them is a folder, maybe of the project's own. */
  inTree: boolean;
}

export function readPyproject(text: string): Pyproject {
  const root = parseToml(text);
  const project = asTable(root.project);
  const uv = tableAt(root, 'tool', 'uv');
  const poetry = tableAt(root, 'tool', 'poetry');
  const name = asText(project?.name);
  const workspace = readWorkspace(uv);
  return {
    hasProject: project !== undefined,
    ...(name !== undefined && isPackageName(name) && { name: normalizeName(name) }),
    hasBuildSystem: asTable(root['build-system']) !== undefined,
    buildRequires: asTexts(asTable(root['build-system'])?.requires).flatMap(requiredName),
    scripts: Object.keys(asTable(project?.scripts) ?? {}),
    requiresPython: asText(project?.['requires-python']),
    dependencies: asTexts(project?.dependencies),
    dynamic: asTexts(project?.dynamic),
    extras: mapValues(asTable(project?.['optional-dependencies']), asTexts),
    groups: mapValues(asTable(root['dependency-groups']), groupItems),
    uvPackage: typeof uv?.package === 'boolean' ? uv.package : undefined,
    ...(poetry && {
      poetry: { hasDependencies: hasPoetryDependencies(poetry), isPackage: poetry['package-mode'] !== false },
    }),
    hasUvTable: uv !== undefined,
    ...(uv && { uvTable: JSON.stringify(uv) }),
    hasUvWorkspace: workspace !== undefined,
    ...(workspace && { workspace }),
    hasWorkspaceSources: Object.values(asTable(uv?.sources) ?? {}).some(isFromWorkspace),
    hasLocalSources: Object.values(asTable(uv?.sources) ?? {}).some(isLocalSource),
    uvSources: uvSourcesIn(uv),
    uvIndexes: uvIndexesIn(uv),
    hasOtherSources: [poetry?.source, tableAt(root, 'tool', 'pdm')?.source].some(
      (sources) => Array.isArray(sources) && sources.length > 0,
    ),
    slipway: readSlipwayTable(tableAt(root, 'tool', 'slipway')),
    deciding: JSON.stringify({ ...root, tool: { ...asTable(root.tool), slipway: undefined } }),
  };
}

/** Whether uv and pip build the project itself, so that its code is in the environment. */
export function isPackaged({ hasProject, hasBuildSystem, uvPackage, poetry }: Pyproject): boolean {
  return hasProject && (uvPackage ?? (hasBuildSystem && poetry?.isPackage !== false));
}

/** uv knows nothing of Poetry's mode for apps, and would have Poetry build what it refuses to build. */
export const isPoetryApp = (pyproject: Pyproject): boolean =>
  pyproject.poetry?.isPackage === false && !isPackaged(pyproject);

const hasPoetryDependencies = (poetry: Table): boolean =>
  Object.keys(asTable(poetry.dependencies) ?? {}).some((name) => name !== 'python');

/** All requirements that it names itself, of extras and groups, too. */
export function requirementsOf({ dependencies, extras, groups }: Pyproject): string[] {
  const inGroups = Object.values(groups).flat();
  const texts = inGroups.filter((item) => typeof item === 'string');
  return [...dependencies, ...Object.values(extras).flat(), ...texts];
}

/** `setuptools-scm[toml]>=8` */
function requiredName(requirement: string): string[] {
  const [, name] = /^\s*([A-Za-z0-9][\w.-]*)/.exec(requirement) ?? [];
  return name === undefined ? [] : [normalizeName(name)];
}

function parseToml(text: string): TomlTable {
  assertLines('pyproject.toml', text);
  try {
    return parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
    const params = { file: 'pyproject.toml', reason };
    throw new SlipwayError('source_invalid', { text: 'source_invalid.bad_toml', params, cause });
  }
}

/** Requirements and includes. Anything else, such as a date, means nothing to any installer. */
function groupItems(items: unknown): unknown[] {
  if (!Array.isArray(items)) return [];
  return items.filter((item) => typeof item === 'string' || asTable(item) !== undefined);
}

/** A source is one table, or a list of them by platform. */
const tablesOf = (source: unknown): (Table | undefined)[] =>
  Array.isArray(source) ? source.map(asTable) : [asTable(source)];

const isLocalSource = (source: unknown): boolean =>
  tablesOf(source).some((table) => table?.path !== undefined || table?.workspace !== undefined);

const isFromWorkspace = (source: unknown): boolean => tablesOf(source).some((table) => table?.workspace === true);

const NAME_AND_URL = /^\s*([\w.-]+)\s*(?:\[[^\]]*\]\s*)?@/;

function uvSourcesIn(uv: Table | undefined): string[] {
  const lists = ['override-dependencies', 'constraint-dependencies', 'build-constraint-dependencies'];
  const withUrl = lists.flatMap((list) => asTexts(uv?.[list])).flatMap((text) => NAME_AND_URL.exec(text)?.[1] ?? []);
  return [...Object.keys(asTable(uv?.sources) ?? {}), ...withUrl].map(normalizeName);
}

const REMOTE = /^(?:https?|ftp):/i;

function uvIndexesIn(uv: Table | undefined): UvIndexes {
  const indexes = (Array.isArray(uv?.index) ? (uv.index as unknown[]) : []).flatMap((index): Table[] => {
    const table = asTable(index);
    return table ? [table] : [];
  });
  const tables = [uv, asTable(uv?.pip)]; // the second is of `uv pip` alone
  const named = asText(indexes.find((index) => index.default === true)?.url) ?? asText(uv?.['index-url']);
  const instead = named !== undefined && REMOTE.test(named) ? named : undefined;
  const isLooked = (index: Table): boolean => index.default !== true && index.explicit !== true;
  const hasOthers = tables.some((of) => PLACES.some((place) => of?.[place] !== undefined && of[place] !== false));
  const hasMore = indexes.some(isLooked) || hasOthers || tables[1]?.['index-url'] !== undefined || named !== instead;
  const places = [...indexes.map(({ url }) => url), ...tables.flatMap(placesIn)];
  const inTree = places.some((place) => typeof place === 'string' && !REMOTE.test(place));
  return { ...(instead !== undefined && { instead }), hasMore, inTree };
}

const placesIn = (table: Table | undefined): unknown[] =>
  ['index-url', 'extra-index-url', 'find-links'].flatMap((name) => table?.[name]);

function mapValues<T>(table: Table | undefined, read: (value: unknown) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(table ?? {}).map(([name, value]) => [name, read(value)]));
}
