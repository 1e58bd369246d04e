import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRotatingLog } from '../../../src/activities/ports/rotating-log.js';
import { serviceLogSource } from '../../../src/api/service-log.js';
import { readLogEnd } from '../../../src/api/log-end.js';
import { wantedBy } from '../../../src/api/logs.js';
import type { PlacedLine } from '../../../src/api/log-tails.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-log-'));
  clockMs = START;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const START = Date.parse('2026-01-01T00:00:00.000Z');
let clockMs = START;

/** A log as a keeper writes it. */
function instance(count: number, maxBytes = 1_000_000, files = 5) {
  const name = `shop.${String(count).padStart(6, '0')}.uv_20260101_000000_abcdefgh.ndjson`;
  const log = createRotatingLog(join(folder, name), maxBytes, files);
  return {
    name,
    write: (...lines: string[]) =>
      log.write(lines.map((line) => ({ ts: new Date((clockMs += 1)).toISOString(), stream: 'stdout', line }))),
  };
}

async function rest(place: string): Promise<PlacedLine[]> {
  const source = serviceLogSource(folder);
  const all: PlacedLine[] = [];
  for (;;) {
    const { lines, next } = await source.read(place);
    all.push(...lines);
    if (next === place) return all;
    place = next;
  }
}
const textsOf = (lines: readonly PlacedLine[]): string[] => lines.map(({ line }) => line.line);
const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name} ${i}`);

/** From each place that was given out follows what followed it. */
async function expectResumable(lines: readonly PlacedLine[]): Promise<void> {
  for (const [index, { place }] of lines.entries())
    expect(textsOf(await rest(place))).toEqual(textsOf(lines.slice(index + 1)));
}

describe('the log of a service', () => {
  it('the log of a service contains its instances in the order of their start and can be resumed at each line', async () => {
    await instance(1).write(...numbered('first', 20));
    await instance(2).write(...numbered('second', 20));
    const lines = await rest('0');
    expect(textsOf(lines)).toEqual([...numbered('first', 20), ...numbered('second', 20)]);
    await expectResumable(lines);
  });

  it('the log of a service can be resumed after its parts were renamed', async () => {
    const log = instance(1, 400);
    for (const line of numbered('line', 8)) await log.write(line);
    const before = await rest('0');
    for (const line of numbered('more', 8)) await log.write(line);
    expect(readdirSync(folder).length).toBeGreaterThan(2);
    const at = before.findIndex(({ line }) => line.line === 'line 5');
    expect(textsOf(await rest(before[at]!.place))).toEqual(['line 6', 'line 7', ...numbered('more', 8)]);
    await expectResumable(await rest('0'));
  });

  it('the log of a service continues with the oldest part if the part of the position was removed', async () => {
    const log = instance(1, 400, 2);
    await log.write('first');
    const [{ place }] = (await rest('0')) as [PlacedLine];
    for (const line of numbered('line', 40)) await log.write(line);
    const kept = textsOf(await rest('0'));
    expect(kept.length).toBeLessThan(20);
    expect(textsOf(await rest(place))).toEqual(kept);
  });

  it('the log of two instances that write alternately loses and repeats no line', async () => {
    const [serving, candidate] = [instance(1), instance(2)];
    const told: PlacedLine[] = [];
    for (const round of numbered('round', 10)) {
      await serving.write(`serving ${round}`);
      if (round !== 'round 0') await candidate.write(`candidate ${round}`);
      told.push(...(await rest(told.at(-1)?.place ?? '0')));
    }
    const all = textsOf(told);
    expect(new Set(all).size).toBe(19);
    for (const [index, { place }] of told.entries())
      expect([...all.slice(0, index + 1), ...textsOf(await rest(place))].sort()).toEqual([...all].sort());
  });

  it('lines of an instance are read after ten other instances wrote, and no line is repeated', async () => {
    const serving = instance(1);
    await serving.write('serving');
    let place = (await rest('0')).at(-1)!.place;
    for (let count = 2; count < 12; count += 1) {
      clockMs = Date.now(); // whether a file was written since its last line is seen by the file's own time
      await instance(count).write('candidate');
      const lines = await rest(place);
      expect(textsOf(lines)).toEqual(['candidate']);
      place = lines[0]!.place;
    }
    clockMs = Date.now() + 1000;
    await serving.write('serving again', 'and again');
    expect(place).not.toContain(',1-'); // it is not named any more
    expect(textsOf(await rest(place))).toEqual(['serving again', 'and again']);
    await expectResumable(await rest(place));
  });

  it('a position near the end of the log can be found, and all later lines follow from that position', async () => {
    const [first, second] = [instance(1, 400), instance(2, 400)];
    for (const line of numbered('first', 8)) await first.write(line);
    for (const line of numbered('second', 8)) await second.write(line);
    const all = textsOf(await rest('0'));
    for (let bytes = 0; bytes < 1200; bytes += 100) {
      const place = await serviceLogSource(folder).nearEnd(bytes);
      const lines = textsOf(await rest(place));
      expect(lines).toEqual(all.slice(all.length - lines.length));
      expect(Math.abs(lines.length - bytes / 68)).toBeLessThan(2); // bytes of a line
    }
    expect(await serviceLogSource(folder).nearEnd(100_000)).toBe('0');
  });

  it('a line is returned only when it is complete, even if it is longer than one read', async () => {
    const long = 'x'.repeat(100_000);
    const { name, write } = instance(1);
    await write('whole', long);
    writeFileSync(join(folder, name), '{"ts":"2026-01-01T00:00:09.000Z","str', { flag: 'a' });
    expect(textsOf(await rest('0'))).toEqual(['whole', long]);
    writeFileSync(join(folder, name), 'eam":"stdout","line":"late"}\n', { flag: 'a' });
    expect(textsOf(await rest('0'))).toEqual(['whole', long, 'late']);
  });

  it('the log of a service loses and repeats no line while its parts are renamed', async () => {
    const log = instance(1, 300, 100); // every fourth line begins a new part
    const lines = numbered('line', 240);
    const told: string[] = [];
    let isWritten = false;
    const writing = (async () => {
      for (const line of lines) await log.write(line);
      isWritten = true;
    })();
    for (let place = '0', isLast = false; !isLast;) {
      isLast = isWritten;
      const more = await rest(place);
      told.push(...textsOf(more));
      place = more.at(-1)?.place ?? place;
    }
    await writing;
    expect(told).toEqual(lines);
  });

  it.each(['', '0', 'x', '12', '1,2', '1,2-3', '-1,2-3-4', '1,2-3-4,', '1,1-1-1,2-2-2,3-3-3,4-4-4,5-5-5'])(
    '%j isn’t a valid log position',
    (id) => {
      expect(serviceLogSource(folder).isPlace(id)).toBe(false);
    },
  );
});

it('the time of a container line is truncated to milliseconds and can be used as the since filter', async () => {
  const ts = '2026-01-01T00:00:05.123456789Z';
  const file = join(folder, instance(1).name);
  writeFileSync(file, `${JSON.stringify({ ts, stream: 'stdout', line: 'of a container' })}\n`);
  expect((await rest('0')).map(({ line }) => line.ts)).toEqual(['2026-01-01T00:00:05.123Z']);
  const { lines } = await readLogEnd([file], { count: 9, ...wantedBy({ since: '2026-01-01T00:00:05.123Z' }) });
  expect(lines).toHaveLength(1); // as it is not earlier
});
