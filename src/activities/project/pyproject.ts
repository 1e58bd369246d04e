// Reads the parts of pyproject.toml that a deployment needs.
import { parse, type TomlTable } from 'smol-toml';
import { SlipwayError } from '../../contract/errors.js';
import { assertLines } from './project-lines.js';
import { readSlipwayTable, type SlipwayTable } from './slipway-table.js';
import { asTable, asText, asTexts, isPackageName, normalizeName, tableAt, type Table } from './toml.js';
import { readWorkspace, type Workspace } from './workspace.js';

export interface Pyproject {
  hasProject: boolean;
  /** `[project] name`, normalized as in PEP 503. Absent if it isn't a valid package name. */
  name?: string;
  hasBuildSystem: boolean;
  /** The packages of `[build-system] requires`, normalized as in PEP 503. */
  buildRequires: string[];
  scripts: string[];
  requiresPython?: string;
  dependencies: string[];
  /** The fields of `[project]` that only its build backend can determine. */
  dynamic: string[];
  /** `[project.optional-dependencies]`. */
  extras: Record<string, string[]>;
  /** `[dependency-groups]` (PEP 735): requirements and includes, as written. */
  groups: Record<string, unknown[]>;
  /** `[tool.uv] package`. */
  uvPackage?: boolean;
  /** `[tool.poetry]`: whether it has dependencies other than Python, and whether it is built (`package-mode`). */
  poetry?: { hasDependencies: boolean; isPackage: boolean };
  hasUvTable: boolean;
  /** `[tool.uv]` as a text to compare. uv also reads it when it installs requirement files. */
  uvTable?: string;
  hasUvWorkspace: boolean;
  workspace?: Workspace;
  /** True if `[tool.uv.sources]` takes packages from a workspace. */
  hasWorkspaceSources: boolean;
  /** True if `[tool.uv.sources]` names a folder or a workspace member. */
  hasLocalSources: boolean;
  /**
   * The packages for which `[tool.uv]` has a source or a URL, normalized as in PEP 503. pip would take them from its
   * index.
   */
  uvSources: string[];
  uvIndexes: UvIndexes;
  /** True if Poetry or PDM has its own indexes, which neither uv nor pip reads. */
  hasOtherSources: boolean;
  slipway: SlipwayTable;
  /** All parts that can change the installation, as a text to compare. */
  deciding: string;
}

/** The settings of uv that name more sources than one index. */
const PLACES = ['extra-index-url', 'find-links', 'no-index'];

/** The indexes in which uv searches packages that `[tool.uv.sources]` doesn't name. */
export interface UvIndexes {
  /** The URL of the index that replaces PyPI. */
  instead?: string;
  /**
   * True if there are further indexes, or folders of archives. pip has no order of indexes: the newest version wins.
   */
  hasMore: boolean;
  /** True if one of them is a folder, which may be in the project. */
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

/** Returns true if uv and pip build the project itself, so that its code is in the environment. */
export function isPackaged({ hasProject, hasBuildSystem, uvPackage, poetry }: Pyproject): boolean {
  return hasProject && (uvPackage ?? (hasBuildSystem && poetry?.isPackage !== false));
}

/**
 * Returns true for Poetry's mode for apps. uv doesn't support this mode, and would make Poetry build a project that it
 * refuses to build.
 */
export const isPoetryApp = (pyproject: Pyproject): boolean =>
  pyproject.poetry?.isPackage === false && !isPackaged(pyproject);

const hasPoetryDependencies = (poetry: Table): boolean =>
  Object.keys(asTable(poetry.dependencies) ?? {}).some((name) => name !== 'python');

/** Returns all requirements that it names directly, including extras and groups. */
export function requirementsOf({ dependencies, extras, groups }: Pyproject): string[] {
  const inGroups = Object.values(groups).flat();
  const texts = inGroups.filter((item) => typeof item === 'string');
  return [...dependencies, ...Object.values(extras).flat(), ...texts];
}

/** Returns the package name of a requirement such as `setuptools-scm[toml]>=8`. */
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

/** Returns requirements and includes. No installer supports other items, such as a date. */
function groupItems(items: unknown): unknown[] {
  if (!Array.isArray(items)) return [];
  return items.filter((item) => typeof item === 'string' || asTable(item) !== undefined);
}

/** Returns the tables of a source, which is one table or a list by platform. */
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
  const tables = [uv, asTable(uv?.pip)]; // the second is only for `uv pip`
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
