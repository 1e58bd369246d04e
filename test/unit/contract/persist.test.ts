import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

describe('a path of the app', () => {
  it('is told in its plainest form, or leaves the app', () => {
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
  ])('%j is none', (text) => {
    expect(appPath(text)).toBeUndefined();
  });
});

describe('what a start leaves behind although it does not say so', () => {
  it.each<[string, string[], string[]]>([
    ['all that is persisted', droppedPaths(['bot.db', 'notes'], {}), ['bot.db', 'notes']],
    ['nothing, where nothing is', droppedPaths([], {}), []],
    ['not what a URL names again', droppedPaths(['bot.db', 'notes'], { URL: 'sqlite:///bot.db' }), ['notes']],
    ['a folder of which a URL names one file', droppedPaths(['data'], { URL: 'sqlite:///data/x.db' }), ['data']],
    ['not what is listed', droppedPaths(['bot.db', 'notes'], {}, ['notes/']), ['bot.db']],
    ['not what lies in a folder that is listed', droppedPaths(['data/bot.db'], {}, ['data']), []],
    ['everything, where a URL is wrong', droppedPaths(['bot.db'], { URL: 'sqlite:///../bot.db' }), ['bot.db']],
  ])('is %s', (_what, found, wanted) => {
    expect(found).toEqual(wanted);
  });
});

describe('the length of a path', () => {
  const longest = 'a'.repeat(255);

  it.each<[string, string, PathFault | undefined]>([
    ['a name of 255 bytes', longest, undefined],
    ['one more', `${longest}a`, 'field.path_part'],
    ['one more, below a folder', `data/${longest}a`, 'field.path_part'],
    ['characters of three bytes', '資'.repeat(85), undefined],
    ['one more of them', '資'.repeat(86), 'field.path_part'],
    ['1,024 bytes', `./${'a/'.repeat(511)}bb/`, undefined],
    ['one more byte', `${'a/'.repeat(511)}bbb`, 'field.path_length'],
  ])('%s', (_what, path, fault) => {
    expect(pathFault(path)).toBe(fault);
  });
});

describe('the file of a sqlite URL', () => {
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
  ])('%j: %j', (value, file) => {
    expect(sqliteFile(value)).toBe(file);
  });
});

describe('what is persisted', () => {
  it('is listed, or stands in a URL; a name says what it is of', () => {
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

  it('names each field whose path leaves the app, or is too long', () => {
    const variables = { A: 'sqlite:///a.db', B: 'sqlite:///../b.db', C: `sqlite:///${'c'.repeat(256)}` };
    expect(persistedPaths(['a', '../b'], variables)).toEqual({
      wrong: [
        { field: 'config.persist.1', fault: 'field.inside' },
        { field: 'config.environment_variables.B', fault: 'field.inside' },
        { field: 'config.environment_variables.C', fault: 'field.path_part' },
      ],
    });
  });

  it('covers all that is listed, none of it twice, in an order that does not depend on the list’s', () => {
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
