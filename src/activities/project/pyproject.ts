// pyproject.toml, read for what deployment needs of it.
import { parse, type TomlTable } from 'smol-toml';
import { SlipwayError } from '../../contract/errors.js';
import { readSlipwayTable, type SlipwayTable } from './slipway-table.js';
import { asTable, asText, asTexts, tableAt, type Table } from './toml.js';

export interface Pyproject {
  hasProject: boolean;
  hasBuildSystem: boolean;
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
  hasUvTable: boolean;
  hasUvWorkspace: boolean;
  /** Whether `[tool.uv.sources]` names a folder or a workspace member. */
  hasLocalSources: boolean;
  slipway: SlipwayTable;
  /** All of it that can change what is installed, as one text to compare. */
  deciding: string;
}

export function readPyproject(text: string): Pyproject {
  const root = parseToml(text);
  const project = asTable(root.project);
  const uv = tableAt(root, 'tool', 'uv');
  return {
    hasProject: project !== undefined,
    hasBuildSystem: asTable(root['build-system']) !== undefined,
    scripts: Object.keys(asTable(project?.scripts) ?? {}),
    requiresPython: asText(project?.['requires-python']),
    dependencies: asTexts(project?.dependencies),
    dynamic: asTexts(project?.dynamic),
    extras: mapValues(asTable(project?.['optional-dependencies']), asTexts),
    groups: mapValues(asTable(root['dependency-groups']), (items) =>
      Array.isArray(items) ? (items as unknown[]) : [],
    ),
    uvPackage: typeof uv?.package === 'boolean' ? uv.package : undefined,
    hasUvTable: uv !== undefined,
    hasUvWorkspace: asTable(uv?.workspace) !== undefined,
    hasLocalSources: Object.values(asTable(uv?.sources) ?? {}).some(isLocalSource),
    slipway: readSlipwayTable(tableAt(root, 'tool', 'slipway')),
    deciding: JSON.stringify({ ...root, tool: { ...asTable(root.tool), slipway: undefined } }),
  };
}

/** Whether uv and pip build the project itself, so that its code is in the environment. */
export function isPackaged({ hasProject, hasBuildSystem, uvPackage }: Pyproject): boolean {
  return hasProject && (uvPackage ?? hasBuildSystem);
}

function parseToml(text: string): TomlTable {
  try {
    return parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
    const params = { file: 'pyproject.toml', reason };
    throw new SlipwayError('source_invalid', { text: 'source_invalid.bad_toml', params, cause });
  }
}

/** A source is one table, or a list of them by platform. */
function isLocalSource(source: unknown): boolean {
  const tables = Array.isArray(source) ? source.map(asTable) : [asTable(source)];
  return tables.some((table) => table?.path !== undefined || table?.workspace !== undefined);
}

function mapValues<T>(table: Table | undefined, read: (value: unknown) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(table ?? {}).map(([name, value]) => [name, read(value)]));
}
