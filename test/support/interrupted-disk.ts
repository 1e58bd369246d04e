// A disk on which somebody else acts between any two of its calls.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { disk, type DiskPort } from '../../src/activities/ports/disk-port.js';

/** Calls `act` right before the nth call. */
export function interruptedDisk(nth: number, act: () => void): { on: DiskPort; calls: () => number } {
  let calls = 0;
  const counted = (call: (...args: unknown[]) => unknown) => {
    return (...args: unknown[]): unknown => {
      calls += 1;
      if (calls === nth) act();
      return call(...args);
    };
  };
  const entries = Object.entries(disk) as [string, (...args: unknown[]) => unknown][];
  const on = Object.fromEntries(entries.map(([name, call]) => [name, counted(call)]));
  return { on: on as unknown as DiskPort, calls: () => calls };
}

/** A folder of Slipway's with secrets in it, and all that can be seen of it. */
export function secretFolder(path: string) {
  const entries = ['', 'deep', 'x', 'secret.key', 'deep/secret.key'].map((name) => join(path, name));
  mkdirSync(join(path, 'deep'), { recursive: true, mode: 0o700 });
  for (const file of entries.slice(2)) writeFileSync(file, 'secret', { mode: 0o600 });
  return () => [entries.map(modeOf), readdirSync(path).sort(), readdirSync(join(path, 'deep'))];
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
