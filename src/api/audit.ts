// The audit trail: one line for each admin action, also for one that was refused, before its answer is sent (contract §8).
import { appendFileSync, statSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
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
  /** On the disk when it returns. */
  record(entry: AuditEntry): void;
  /** Latest first. */
  latest(limit: number): Promise<AuditEntry[]>;
}

export function openAudit(path: string): Audit {
  let rotating = Promise.resolve();

  return {
    record(entry) {
      appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
      if (statSync(path).size > LARGEST_BYTES) rotating = rotating.then(() => rotate(path));
    },
    async latest(limit) {
      await rotating;
      const entries: AuditEntry[] = [];
      const told = new Set<string>();
      for (const file of [path, ...(await olderFiles(path))]) {
        const text = (await ifThere(readFile(file, 'utf8'))) ?? '';
        const lines = text.split('\n').filter((line) => line !== '');
        for (const line of lines.reverse()) {
          const entry = JSON.parse(line) as AuditEntry;
          if (!told.has(entry.id)) entries.push(entry);
          told.add(entry.id);
        }
        if (entries.length >= limit) break;
      }
      return entries.slice(0, limit);
    },
  };
}

/** Under a name of its own: what another copy of the API rotates at the same time is not written over. */
async function rotate(path: string): Promise<void> {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= LARGEST_BYTES) return;
  const older = `${path}.${new Date().toISOString().replace(/[:.]/g, '-')}`;
  await ifThere(rename(path, older));
  for (const file of (await olderFiles(path)).slice(FILES_KEPT)) await rm(file, { force: true });
}

/** Latest first, by the time in their names. */
async function olderFiles(path: string): Promise<string[]> {
  const names = await readdir(dirname(path));
  const older = names.filter((name) => name.startsWith(`${basename(path)}.`));
  return older
    .sort()
    .reverse()
    .map((name) => join(dirname(path), name));
}
