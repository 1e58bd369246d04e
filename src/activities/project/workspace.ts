// Reads `[tool.uv.workspace]`, and finds its members as uv does. Pure.
import { posix } from 'node:path';
import { compilePattern } from '../../contract/ignore/gitignore.js';
import { asTable, asTexts, type Table } from './toml.js';

export interface Workspace {
  /** Patterns of folders, relative to the workspace's root. */
  members: string[];
  exclude: string[];
}

/** The limit of patterns, because each is matched with each folder. */
const MOST_PATTERNS = 200;

export function readWorkspace(uv: Table | undefined): Workspace | undefined {
  const table = asTable(uv?.workspace);
  if (!table) return undefined;
  const patterns = (list: unknown): string[] => asTexts(list).slice(0, MOST_PATTERNS);
  return { members: patterns(table.members), exclude: patterns(table.exclude) };
}

/** Returns the folders that are its members. Paths are relative to its root. */
export function membersOf({ members, exclude }: Workspace, folders: readonly string[]): string[] {
  const [included, excluded] = [members, exclude].map(compiled);
  return folders.filter((folder) => fitsAny(included, folder) && !fitsAny(excluded, folder));
}

type Pattern = (path: string) => boolean;

/** Compiles the patterns. git's patterns have the same meaning: `*` within a name, `**` for folders. */
const compiled = (patterns: readonly string[]): Pattern[] =>
  patterns.map((pattern) => compilePattern(posix.normalize(pattern)));

const fitsAny = (patterns: readonly Pattern[] = [], path: string): boolean => patterns.some((fits) => fits(path));
