// The audit trail: one line for each admin action, also for one that was refused, before its answer is sent (contract §8).
import { appendFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ifThere } from '../files.js';
import type { Action } from '../contract/permissions.js';

const LARGEST_BYTES = 10 * 1024 * 1024;
/** Beside the one that is written. */
const FILES_KEPT = 9;

export interface AuditEntry {
  /** Of the call: the line of its answer takes the place of the one from before it. */
  id: string;
  at: string;
  key_id: string;
  user_id?: string;
  guild_id?: string;
  action: Action;
  method: string;
  path: string;
  /** HTTP status of the answer. */
  status: number | null;
  /** `asked`: it was let through, and the API ended before it could say how it went. */
  result: 'asked' | 'accepted' | 'refused';
  address: string;
}

export interface Audit {
  /** On the disk when it returns; throws when it is not. */
  record(entry: AuditEntry): void;
  /** Latest first. */
  latest(limit: number): Promise<AuditEntry[]>;
}

export function openAudit(path: string): Audit {
  /** Whether the last line may be half a one: a full disk cuts it anywhere, an earlier start's too. */
  let isCut = sizeOf(path) > 0;

  return {
    record(entry) {
      if (sizeOf(path) > LARGEST_BYTES) rotate(path);
      const before = isCut ? '\n' : '';
      isCut = true;
      appendFileSync(path, `${before}${JSON.stringify(entry)}\n`, { mode: 0o600 });
      isCut = false;
    },
    async latest(limit) {
      const entries: AuditEntry[] = [];
      const told = new Set<string>();
      for (const file of [path, ...olderFiles(path)]) {
        const text = (await ifThere(readFile(file, 'utf8'))) ?? '';
        for (const line of text.split('\n').reverse()) {
          const entry = entryOf(line);
          if (!entry || told.has(entry.id)) continue;
          entries.push(entry);
          told.add(entry.id);
        }
        if (entries.length >= limit) break;
      }
      return entries.slice(0, limit);
    },
  };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Undefined for half a line: whoever wrote it was told that it failed. */
function entryOf(line: string): AuditEntry | undefined {
  try {
    return JSON.parse(line) as AuditEntry;
  } catch {
    return undefined;
  }
}

/** Under a name of its own: what another copy of the API rotates at the same time is not written over. */
function rotate(path: string): void {
  const older = `${path}.${new Date().toISOString().replace(/[:.]/g, '-')}`;
  try {
    renameSync(path, older);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // that copy was quicker
  }
  for (const file of olderFiles(path).slice(FILES_KEPT)) rmSync(file, { force: true });
}

/** Latest first, by the time in their names. */
function olderFiles(path: string): string[] {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`));
  return names
    .sort()
    .reverse()
    .map((name) => join(dirname(path), name));
}
