// What tests need to know of real processes.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { processIds, wasStartedWith } from '../../src/activities/ports/proc.js';
import { MARK, type Keeper } from '../../src/activities/ports/tools.js';

/** The interpreter behind `python3`, which may be a version manager's shim. */
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

export const KEEPER: Keeper = { python, script: fileURLToPath(new URL('../../src/keeper/keeper.py', import.meta.url)) };

export const fixtureApp = (name: string): string => fileURLToPath(new URL(`../fixtures/apps/${name}`, import.meta.url));

/** A zombie is dead. */
export function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // it ended between the two reads
  }
}

/** The number that a line `child 123` ends with. */
export function pidIn(lines: readonly string[]): number | undefined {
  const found = lines.map((line) => /^child (\d+)$/.exec(line)?.[1]).find((pid) => pid !== undefined);
  return found === undefined ? undefined : Number(found);
}

/** By which the tools are known that run, or ran last, inside this lock. Reads as no variable while none has. */
export const markOf = (lock: string): string => `${MARK}=${readIfThere(lock)}`;

/** The keeper, if any, above a process of a tool that was started with this `NAME=value`. */
export function keeperOfTool(variable: string): number | undefined {
  const parents = processIds()
    .filter((pid) => wasStartedWith(pid, variable))
    .flatMap((pid) => /^PPid:\t(\d+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? []);
  const keeper = parents.find((pid) => readIfThere(`/proc/${pid}/cmdline`).includes('keeper.py\0tool'));
  return keeper === undefined ? undefined : Number(keeper);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}
