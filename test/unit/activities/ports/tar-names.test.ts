import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { Parser, Pax, type ReadEntry } from 'tar';
import { replacement, TarNames } from '../../../../src/activities/ports/tar-names.js';
import { goEntry, TAR_END, tarEntry, tarRecord, tarRecords } from '../../../support/tar-entries.js';

const LONG = `${'名'.repeat(50)}/${'\u00e9'.repeat(100)}`;
const TAR = Buffer.concat([
  new Pax({ path: LONG }).encode(),
  tarEntry('short', 'content'),
  tarEntry('plain', 'x'.repeat(1000)),
  TAR_END,
]);

const LARGE = 'x'.repeat(600);

const inPieces = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));

async function namesRead(pieces: readonly Buffer[], tar = new TarNames(replacement)): Promise<string[]> {
  const names: string[] = [];
  const parser = new Parser({ strict: true });
  parser.on('entry', (each: ReadEntry) => {
    names.push(each.path);
    each.resume();
  });
  const ended = new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject));
  Readable.from(pieces).pipe(tar).pipe(parser);
  await ended;
  return names;
}

it.each([1, 7, 511, 513, 700, 1 << 20])(
  'long names in a tar archive are read correctly in chunks of %i bytes',
  async (size) => {
    expect(await namesRead(inPieces(TAR, size))).toEqual([LONG, 'plain']);
    expect((await buffer(Readable.from(inPieces(TAR, size)).pipe(new TarNames(replacement)))).equals(TAR)).toBe(true);
  },
);

it('a part of a tar name that isn’t UTF-8 is replaced, and the original bytes are passed on', async () => {
  const told: Buffer[] = [];
  const standIn = (name: Buffer): string => `s${told.push(Buffer.from(name))}`;
  const odd = Buffer.from([0xff, 0x3d, 0x0a]);
  const path = Buffer.concat([Buffer.from('a/'), odd, Buffer.from('/\u00e9/b')]);
  const names = tarRecords(tarRecord('path', path), tarRecord('mtime', Buffer.from('1.5')));
  const tar = Buffer.concat([names, tarEntry('ab', 'x'), tarEntry('plain', 'y'), TAR_END]);
  expect(await namesRead([tar], new TarNames(standIn))).toEqual(['a/s1/\u00e9/b', 'plain']);
  expect(told).toEqual([odd]);
});

const NULL_BLOCK = Buffer.alloc(512);
const ODD = goEntry(Buffer.from([0x6e, 0xff]));
const sized = (bytes: number): Buffer => tarRecords(tarRecord('size', Buffer.from(String(bytes))));
const TOO_LARGE = { size: 99_999 }; // for what is there

it.each([
  ['a null block', [tarEntry('a', 'x'), NULL_BLOCK], ['a']],
  ['a null block before each of two entries', [NULL_BLOCK, tarEntry('a'), NULL_BLOCK], ['a']],
  [
    'a null block between a size header and its entry',
    [sized(600), NULL_BLOCK, tarEntry('a', LARGE, TOO_LARGE)],
    ['a'],
  ],
  [
    'the size of an entry whose type is skipped',
    [sized(99_999), tarEntry('v', '', { type: 'TapeVolumeHeader' }), tarEntry('a')],
    ['a'],
  ],
  [
    'a folder with a long-name header',
    [tarEntry('l', 'a/', { type: 'NextFileHasLongPath' }), tarEntry('a', '', TOO_LARGE)],
    ['a/'],
  ],
  [
    'an entry whose name contains a size record',
    [goEntry(Buffer.from('\u00e9\n16 size=9999999\nq'))],
    ['\u00e9\ufffd16 size=9999999\ufffdq'],
  ],
])('a tar name that isn’t UTF-8 is replaced after %s', async (_what, entries, names) => {
  expect(await namesRead([...entries, ODD, TAR_END])).toEqual([...names, 'n\ufffd']);
});

it('bytes that aren’t a tar header are passed on unchanged, and the tar parser fails', async () => {
  const junk = Buffer.alloc(3000, 0xff);
  expect((await buffer(Readable.from([junk]).pipe(new TarNames(replacement)))).equals(junk)).toBe(true);
  await expect(namesRead([junk])).rejects.toThrow();
});
