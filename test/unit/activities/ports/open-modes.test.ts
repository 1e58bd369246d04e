import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { below, ODD_NAMES } from '../../../support/odd-names.js';
import { closedEntry, openToAll, openTop } from '../../../../src/activities/ports/open-modes.js';
import { itIf } from '../../../support/jest/conditions.js';
import { onTestFinished } from '../../../support/jest/test-end.js';

const modeOf = (path: string | Buffer): number => statSync(path).mode & 0o7777;

function tree(): string {
  const root = mkdtempSync(join(tmpdir(), 'slipway-modes-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  mkdirSync(join(root, 'data/folder'), { recursive: true, mode: 0o700 });
  writeFileSync(join(root, 'data/folder/file'), '', { mode: 0o600 });
  writeFileSync(join(root, 'data/program'), '', { mode: 0o700 });
  writeFileSync(join(root, 'outside'), '', { mode: 0o600 });
  symlinkSync(join(root, 'outside'), join(root, 'data/link'));
  return root;
}

it('openToAll opens a tree to all users and doesn’t follow symlinks', async () => {
  const root = tree();
  await openToAll(join(root, 'data'));
  const modes = ['data', 'data/folder', 'data/folder/file', 'data/program', 'outside'].map((path) =>
    modeOf(join(root, path)).toString(8),
  );
  expect(modes).toEqual(['777', '777', '666', '777', '600']);
  await openToAll(join(root, 'nowhere'));
});

it('openTop opens new closed entries at the top with their content and doesn’t descend into open folders', async () => {
  const root = tree();
  await openToAll(join(root, 'data'));
  mkdirSync(join(root, 'data/new/deep'), { recursive: true, mode: 0o700 });
  writeFileSync(join(root, 'data/new/deep/file'), '', { mode: 0o600 });
  chmodSync(join(root, 'data/folder/file'), 0o600);
  await openTop(join(root, 'data'), 1);
  const modes = ['data/new', 'data/new/deep/file', 'data/folder/file', 'outside'].map((path) =>
    modeOf(join(root, path)).toString(8),
  );
  expect(modes).toEqual(['777', '666', '600', '600']);
  await openTop(join(root, 'nowhere'), 1);
});

it('entries whose names aren’t UTF-8 are opened to all users', async () => {
  const root = tree();
  const odd = Buffer.from([0xff, 0xfe]);
  mkdirSync(below(root, 'data', odd), { mode: 0o700 });
  for (const name of ODD_NAMES) writeFileSync(below(root, 'data', odd, name), '', { mode: 0o600 });
  await openToAll(join(root, 'data'));
  for (const name of ODD_NAMES) chmodSync(below(root, 'data', odd, name), 0o600);
  await openTop(join(root, 'data'), 1);
  expect(ODD_NAMES.map((name) => modeOf(below(root, 'data', odd, name)))).toEqual(ODD_NAMES.map(() => 0o600));
  await openTop(join(root, 'data'), 2);
  expect(ODD_NAMES.map((name) => modeOf(below(root, 'data', odd, name)))).toEqual(ODD_NAMES.map(() => 0o666));
});

const support = (name: string): string => fileURLToPath(new URL(`../../../support/${name}`, import.meta.url));
const MODULE = new URL('../../../../src/activities/ports/open-modes.ts', import.meta.url).href;
const NOBODY = 65_534;

/** Asked by a user who is not root, as root may all: who becomes that user after root has read the module. */
function closedToNobody(path: string, levels = Infinity): string {
  const ask = [
    `import { closedEntry } from '${MODULE}';`,
    `process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});`,
    `console.log(await closedEntry('${path}', ${levels}));`,
  ];
  const args = ['--import', support('typescript.mjs'), '--input-type=module', '-e', ask.join('\n')];
  return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: '/' }).trim();
}

itIf(process.getuid?.() === 0)(
  'closedEntry returns the first path that another user can’t read and write',
  async () => {
    const root = tree();
    chmodSync(root, 0o755);
    expect(closedToNobody(join(root, 'data'))).toBe(join(root, 'data'));
    await openToAll(join(root, 'data'));
    expect(closedToNobody(join(root, 'data'))).toBe('undefined');
    chmodSync(join(root, 'data/folder/file'), 0o644);
    expect(closedToNobody(join(root, 'data'))).toBe(join(root, 'data/folder/file'));
    expect(closedToNobody(join(root, 'data'), 1)).toBe('undefined');
    expect(closedToNobody(join(root, 'data'), 2)).toBe(join(root, 'data/folder/file'));
    expect(await closedEntry(join(root, 'data'))).toBeUndefined();
    chmodSync(join(root, 'data/folder/file'), 0o666);
    writeFileSync(below(root, 'data/folder', Buffer.from([0x61, 0xff])), '', { mode: 0o644 });
    expect(closedToNobody(join(root, 'data'))).toBe(join(root, 'data/folder/a\\xff'));
    expect(closedToNobody(join(root, 'data'), 2)).toBe(join(root, 'data/folder/a\\xff'));
  },
);
