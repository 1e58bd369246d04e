import fc from 'fast-check';
import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { judgeEntry, type ArchiveEntry } from '../../../src/contract/archives.js';
import {
  addEntry,
  judgeTotals,
  MAX_NAMES_BYTES,
  MAX_SOURCE_BYTES,
  MAX_SOURCE_ENTRIES,
  noTotals,
} from '../../../src/contract/source-limits.js';

const entry = (given: Partial<ArchiveEntry>): ArchiveEntry => ({
  path: 'app/main.py',
  type: 'File',
  sizeBytes: 1,
  mode: 0o644,
  ...given,
});

describe('judgeEntry', () => {
  test.each<[Partial<ArchiveEntry>, string | undefined]>([
    [{}, undefined],
    [{ path: './', type: 'Directory', mode: 0o2755 }, undefined],
    [{ path: '../x' }, 'source_invalid.escaping_entry'],
    [{ path: 'a/../../x' }, 'source_invalid.escaping_entry'],
    [{ path: '/etc/passwd' }, 'source_invalid.absolute_entry'],
    [{ path: 'x'.repeat(300) }, 'source_invalid.entry_name'],
    [{ path: '' }, 'source_invalid.entry_name'],
    [{ type: 'FIFO' }, 'source_invalid.special_entry'],
    [{ type: 'CharacterDevice' }, 'source_invalid.special_entry'],
    [{ type: 'BlockDevice' }, 'source_invalid.special_entry'],
    [{ mode: 0o4755 }, 'source_invalid.setid_entry'],
    [{ mode: 0o2755 }, 'source_invalid.setid_entry'],
    [{ type: 'SymbolicLink', linkPath: 'other.py' }, undefined],
    [{ type: 'SymbolicLink', linkPath: '../other.py' }, undefined],
    [{ type: 'SymbolicLink', linkPath: '../../etc' }, 'source_invalid.escaping_link'],
    [{ type: 'SymbolicLink', linkPath: '/etc' }, 'source_invalid.escaping_link'],
    [{ type: 'Link', linkPath: 'app/other.py' }, undefined],
    [{ type: 'Link', linkPath: '../other.py' }, 'source_invalid.escaping_link'],
  ])('an archive entry %j has the verdict %s', (given, verdict) => {
    expect(judgeEntry(entry(given))).toBe(verdict);
  });

  test('no accepted symlink of an archive points outside the archive', () => {
    const segment = fc.constantFrom('..', '.', 'a', 'b', '');
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        const linkPath = segments.join('/');
        const verdict = judgeEntry(entry({ path: 'a/b/link', type: 'SymbolicLink', linkPath }));
        if (verdict === undefined) expect(posix.join('/root/a/b', linkPath)).toMatch(/^\/root/);
      }),
    );
  });
});

test('archives with too many entries, too many bytes or names that are too long are refused', () => {
  const long = noTotals();
  while (!judgeTotals(long)) addEntry(long, 0, '\u0001'.repeat(3000), 'a'.repeat(1000));
  expect(judgeTotals(long)?.text).toBe('source_invalid.long_names');
  expect(long.namesBytes).toBeGreaterThan(MAX_NAMES_BYTES);
  expect(long.entries).toBeLessThan(2000); // a control character takes six bytes
  expect(judgeTotals({ entries: MAX_SOURCE_ENTRIES, bytes: MAX_SOURCE_BYTES })).toBeUndefined();
  expect(judgeTotals({ entries: MAX_SOURCE_ENTRIES + 1, bytes: 0 })?.text).toBe('source_invalid.too_many_entries');
  expect(judgeTotals({ entries: 1, bytes: MAX_SOURCE_BYTES + 1 })?.text).toBe('source_invalid.too_big');
});
