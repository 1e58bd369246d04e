// The rules of .gitignore and .dockerignore, compared with the libraries that everybody uses.
import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import dockerignore from '@balena/dockerignore';
import newIgnore from 'ignore';
import { compileDockerignore } from '../../../src/contract/ignore/dockerignore.js';
import { compileGitignore } from '../../../src/contract/ignore/gitignore.js';
import { PatternError } from '../../../src/contract/ignore/glob.js';

/** A CommonJS module whose types say `default`, which Node does not. */
const newDockerignore = dockerignore as unknown as typeof dockerignore.default;

const name = fc.constantFrom('a', 'b', 'ab', 'a.py', 'keep', 'x y');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const piece = fc.constantFrom('a', 'b', 'ab', '*', '?', '*.py', 'a*', '**', '[ab]', '[!a]', 'keep', '\\a');
const pattern = fc
  .tuple(fc.constantFrom('', '!', '/', '!/'), fc.array(piece, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
  .map(([before, pieces, after]) => `${before}${pieces.join('/')}${after}`);
const rules = fc.array(pattern, { minLength: 1, maxLength: 4 });

describe('.dockerignore', () => {
  test('.dockerignore rules give the same results as the reference library of Docker', () => {
    fc.assert(
      fc.property(
        rules.filter((lines) => !lines.join('\n').includes('[!')), // Docker negates with ^ alone; the library takes ! as a letter
        path,
        (lines, at) => {
          const expected = newDockerignore({ ignorecase: false }).add(lines).ignores(at);
          expect(compileDockerignore(lines.join('\n'))(at)).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each<[string, string, boolean]>([
    ['docs', 'docs/a.md', true],
    ['*.md\n!README.md', 'README.md', false],
    ['**/*.pyc', 'a/b/c.pyc', true],
    ['a**b', 'ax/b', true],
    ['# docs', 'docs', false],
    ['./a//b/../c/', 'a/c', true],
    ['Docs', 'docs', false],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['*', 'a/b', true],
  ])('the .dockerignore rules %j are applied to %j', (lines, at, isIgnored) => {
    expect(compileDockerignore(lines)(at)).toBe(isIgnored);
  });

  it.each([['[a'], ['[z-a]'], ['a'.repeat(5000)], ['x\n'.repeat(10_001)], ['\n'.repeat(60_000)]])(
    'invalid or too many .dockerignore rules are refused (%#)',
    (lines) => {
      expect(() => compileDockerignore(lines)).toThrow(PatternError);
    },
  );
});

describe('.gitignore', () => {
  test('.gitignore rules give the same results as the reference library', () => {
    fc.assert(
      fc.property(rules, path, fc.boolean(), (lines, at, isFolder) => {
        const said = newIgnore({ ignorecase: false })
          .add(lines)
          .test(at + (isFolder ? '/' : ''));
        const verdict = compileGitignore(lines.join('\n'))(at, isFolder);
        expect(verdict === 'ignored').toBe(said.ignored);
      }),
      { numRuns: 2000 },
    );
  });

  it.each<[string, string, boolean, 'ignored' | 'kept' | 'none']>([
    ['*.log', 'a/b.log', false, 'ignored'],
    ['/build/', 'build', true, 'ignored'],
    ['/build/', 'build', false, 'none'],
    ['/build/', 'pkg/build', true, 'none'],
    ['a/b', 'x/a/b', false, 'none'],
    ['**/a/b', 'x/a/b', false, 'ignored'],
    ['a/**', 'a/x/y', false, 'ignored'],
    ['a/**', 'a', true, 'none'],
    ['a/**/b', 'a/b', false, 'ignored'],
    ['*.log\n!keep.log', 'keep.log', false, 'kept'],
    ['tmp/\n!tmp/keep', 'tmp/keep', false, 'ignored'],
    ['trailing  ', 'trailing', false, 'ignored'],
    ['trailing\\ ', 'trailing ', false, 'ignored'],
    ['\\#a', '#a', false, 'ignored'],
    ['\\!a', '!a', false, 'ignored'],
    ['[a', '[a', false, 'none'],
  ])('the .gitignore rules %j applied to %j (a folder: %j) give %j', (lines, at, isFolder, verdict) => {
    expect(compileGitignore(lines)(at, isFolder)).toBe(verdict);
  });
});
