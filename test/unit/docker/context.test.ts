import { expect, it } from '@jest/globals';
import { assertContextFits, selectPaths } from '../../../src/activities/docker/context.js';

const TREE = ['.dockerignore', 'Dockerfile', 'app.py', 'data/big.bin', 'data/keep.csv', 'docs/a.md'];
const left = (rules: string): string[] => selectPaths(TREE, rules);

it('files in .dockerignore are excluded with exceptions, and comments and a byte order mark aren’t rules', () => {
  expect(left('\uFEFFdocs\r\n# app.py\r\ndata/*\r\n!data/keep.csv\r\n')).toEqual([
    '.dockerignore',
    'Dockerfile',
    'app.py',
    'data/keep.csv',
  ]);
});

it('the Dockerfile is always part of the build context', () => {
  expect(left('*')).toEqual(['.dockerignore', 'Dockerfile']);
});

it('a build context over the limit is refused with its biggest folders', () => {
  const MIB = 1024 ** 2;
  const files = [
    { path: 'app.py', bytes: 1 },
    { path: 'data/a.bin', bytes: 900 * MIB },
    { path: 'data/deep/b.bin', bytes: 700 * MIB },
    { path: 'model.pt', bytes: 400 * MIB },
    { path: 'docs/x', bytes: 2 * MIB },
  ];
  expect(() => {
    assertContextFits(files);
  }).toThrow(
    expect.objectContaining({
      code: 'source_invalid',
      params: { size: 2003, limit: 1024, folders: 'data/ (1600 MiB), model.pt (400 MiB), docs/ (2 MiB)' },
    }),
  );
  expect(() => {
    assertContextFits(files.filter(({ path }) => !path.startsWith('data')));
  }).not.toThrow();
});
