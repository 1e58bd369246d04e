import { appendFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readLogFrom, readLogTail, type LogPosition } from '../../../../src/activities/ports/instance-log.js';

const PARTS = 5;
/** The reader is never further behind than this: no part goes that it has not read. */
const ROTATIONS_AHEAD = 2;
const ROTATIONS = 1000;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-log-'));
  path = join(folder, 'i1.ndjson');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const write = (line: string): void => {
  appendFileSync(path, `${JSON.stringify({ ts: '', stream: 'stdout', line })}\n`);
};

/** One part after the other, as keeper.py does; between any two the reader may look. */
async function rotate(): Promise<void> {
  for (let age = PARTS - 1; age > 0; age -= 1) {
    const newer = age === 1 ? path : `${path}.${age - 1}`;
    if (existsSync(newer)) renameSync(newer, `${path}.${age}`);
    await new Promise(setImmediate);
  }
}

it('the log of an instance is read completely and in order while it is rotated', async () => {
  const lines: string[] = [];
  let written = 0;
  let isDone = false;

  async function keep(): Promise<void> {
    while (written < ROTATIONS) {
      write(String(written));
      written += 1;
      await rotate();
      while (written - lines.length > ROTATIONS_AHEAD) await new Promise(setImmediate);
    }
    isDone = true;
  }

  async function read(): Promise<void> {
    let position: LogPosition | undefined;
    for (let more = true; more || !isDone;) {
      const seen = await readLogFrom(path, PARTS, position);
      lines.push(...seen.lines.map(({ line }) => line));
      position = seen.next;
      more = seen.more;
    }
  }

  await Promise.all([keep(), read()]);
  expect(lines).toEqual(Array.from({ length: ROTATIONS }, (_, index) => String(index)));
});

it('the tail of a log spans all rotated parts, and the tail of a missing log is empty', async () => {
  for (const line of ['one', 'two', 'three']) {
    await rotate();
    write(line);
  }
  expect(await readLogTail(path, PARTS, 2)).toEqual(['two', 'three']);
  expect(await readLogTail(join(folder, 'none.ndjson'), PARTS, 2)).toEqual([]);
});
