import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  appPath,
  droppedPaths,
  pathFault,
  persistedPaths,
  sqliteFile,
  type PathFault,
} from '../../../src/contract/persist.js';

const part = fc.constantFrom('a', 'b', 'data', 'bot.db', '.', '', '..', 'c d');
const written = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('/'));

describe('paths of an app', () => {
  it('a path inside the app is normalized, and a path that leaves the app is invalid', () => {
    fc.assert(
      fc.property(written, (text) => {
        const path = appPath(text);
        if (path === undefined) {
          expect(text.startsWith('/') || text.split('/').includes('..') || /^[./]*$/.test(text)).toBe(true);
          return;
        }
        expect(path).toMatch(/^[^/]+(\/[^/]+)*$/);
        expect(path.split('/')).not.toContain('.');
        expect(appPath(path)).toBe(path);
      }),
    );
  });

  it.each([
    '',
    '.',
    './',
    '/',
    '/etc',
    '..',
    'a/../..',
    'a/../b',
    'a\\b',
    'a\0b',
    'a\nb',
    'a\u001b[2Jb',
    'a\u202etxt.db',
    'a\u2066b',
  ])('%j isn’t a valid path of an app', (text) => {
    expect(appPath(text)).toBeUndefined();
  });
});

describe('persisted paths that a request drops', () => {
  it.each<[string, string[], string[]]>([
    ['without paths drops all persisted paths', droppedPaths(['bot.db', 'notes'], {}), ['bot.db', 'notes']],
    ['without paths drops no path if no path is persisted', droppedPaths([], {}), []],
    [
      'doesn’t drop a file that a database URL names',
      droppedPaths(['bot.db', 'notes'], { URL: 'sqlite:///bot.db' }),
      ['notes'],
    ],
    [
      'drops a persisted folder if a database URL names only one file of the folder',
      droppedPaths(['data'], { URL: 'sqlite:///data/x.db' }),
      ['data'],
    ],
    ['doesn’t drop a listed path', droppedPaths(['bot.db', 'notes'], {}, ['notes/']), ['bot.db']],
    ['doesn’t drop a path in a listed folder', droppedPaths(['data/bot.db'], {}, ['data']), []],
    [
      'drops all persisted paths if a database URL is invalid',
      droppedPaths(['bot.db'], { URL: 'sqlite:///../bot.db' }),
      ['bot.db'],
    ],
  ])('a request %s', (_what, found, wanted) => {
    expect(found).toEqual(wanted);
  });
});

describe('lengths of paths', () => {
  const longest = 'a'.repeat(255);

  it.each<[string, string, PathFault | undefined]>([
    ['a name of 255 bytes is valid', longest, undefined],
    ['a name of 256 bytes is invalid', `${longest}a`, 'field.path_part'],
    ['a name of 256 bytes in a folder is invalid', `data/${longest}a`, 'field.path_part'],
    ['a name of 85 three-byte characters is valid', '資'.repeat(85), undefined],
    ['a name of 86 three-byte characters is invalid', '資'.repeat(86), 'field.path_part'],
    ['a length of 1,024 bytes is valid', `./${'a/'.repeat(511)}bb/`, undefined],
    ['a length of 1,025 bytes is invalid', `${'a/'.repeat(511)}bbb`, 'field.path_length'],
  ])('a path with %s', (_what, path, fault) => {
    expect(pathFault(path)).toBe(fault);
  });
});

describe('files of SQLite URLs', () => {
  it.each<[string, string | undefined]>([
    ['sqlite:///bot.db', 'bot.db'],
    ['sqlite:///./data/x.db', './data/x.db'],
    ['SQLite+aiosqlite:///./data/x.db?mode=rwc', './data/x.db'],
    ['sqlite+pysqlite:///x.db#top', 'x.db'],
    [' sqlite:///x.db\n', 'x.db'],
    ['sqlite:///file:x.db?mode=ro&uri=true', 'x.db'],
    ['sqlite:///../x.db', '../x.db'],
    ['sqlite:////srv/x.db', undefined],
    ['sqlite:///file:/srv/x.db?uri=true', undefined],
    ['sqlite:///:memory:', undefined],
    ['sqlite:///file::memory:?uri=true', undefined],
    ['sqlite:///file:shared?mode=memory&uri=true', undefined],
    ['sqlite:///', undefined],
    ['sqlite://', undefined],
    ['sqlite://x.db', undefined],
    ['postgresql:///x.db', undefined],
    ['see sqlite:///x.db', undefined],
    ['sealed:v1:abc:def', undefined],
  ])('the file of the SQLite URL %j is %j', (value, file) => {
    expect(sqliteFile(value)).toBe(file);
  });
});

describe('persisted paths', () => {
  it('persisted paths come from the list and from SQLite URLs, and the kind of a path follows from its name', () => {
    const variables = { DATABASE_URL: 'sqlite:///bot', CACHE: 'sqlite:///data/cache.db', OTHER: 'x' };
    expect(persistedPaths(['./data', 'state.json', 'logs.d/', '.cache', 'bot'], variables)).toEqual({
      paths: [
        { path: '.cache', kind: 'folder' },
        { path: 'bot', kind: 'file' },
        { path: 'data', kind: 'folder' },
        { path: 'logs.d', kind: 'folder' },
        { path: 'state.json', kind: 'file' },
      ],
    });
  });

  it('persisted paths that leave the app or are too long are reported with their fields', () => {
    const variables = { A: 'sqlite:///a.db', B: 'sqlite:///../b.db', C: `sqlite:///${'c'.repeat(256)}` };
    expect(persistedPaths(['a', '../b'], variables)).toEqual({
      wrong: [
        { field: 'config.persist.1', fault: 'field.inside' },
        { field: 'config.environment_variables.B', fault: 'field.inside' },
        { field: 'config.environment_variables.C', fault: 'field.path_part' },
      ],
    });
  });

  it('persisted paths cover each listed path exactly once and don’t depend on the order of the list', () => {
    fc.assert(
      fc.property(fc.array(written), (listed) => {
        const inside = listed.filter((text) => appPath(text) !== undefined);
        const found = persistedPaths(inside, {});
        const paths = 'paths' in found ? found.paths.map(({ path }) => path) : [];
        const covers = (outer: string, path: string): boolean => path === outer || path.startsWith(`${outer}/`);
        for (const text of inside) expect(paths.filter((outer) => covers(outer, appPath(text)!))).toHaveLength(1);
        for (const path of paths) expect(paths.filter((outer) => covers(outer, path))).toEqual([path]);
        const again = persistedPaths([...inside].reverse(), {});
        expect('paths' in again && again.paths.map(({ path }) => path)).toEqual(paths);
      }),
    );
  });
});
