// `[tool.uv.workspace]`: which folders are its members, as uv reads it. Pure.
import { posix } from 'node:path';
import { fitsPattern } from '../../contract/ignore/gitignore.js';
import { asTable, asTexts, type Table } from './toml.js';

export interface Workspace {
  /** Patterns of folders, from the workspace's root. */
  members: string[];
  exclude: string[];
}

/** Nobody lists more: each is looked at for each folder. */
const MOST_PATTERNS = 200;

export function readWorkspace(uv: Table | undefined): Workspace | undefined {
  const table = asTable(uv?.workspace);
  if (!table) return undefined;
  const patterns = (list: unknown): string[] => asTexts(list).slice(0, MOST_PATTERNS);
  return { members: patterns(table.members), exclude: patterns(table.exclude) };
}

export const isMember = ({ members, exclude }: Workspace, folder: string): boolean =>
  members.some((pattern) => fits(pattern, folder)) && !exclude.some((pattern) => fits(pattern, folder));

/** A pattern of git's means the same: `*` within one name, `**` for folders. */
const fits = (pattern: string, folder: string): boolean => fitsPattern(posix.normalize(pattern), folder);
