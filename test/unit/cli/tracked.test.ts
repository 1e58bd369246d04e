import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pack } from '../../../src/cli/pack.js';
import { trackedIn } from '../../../src/cli/tracked.js';
import { eventually } from '../../support/eventually.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-tracked-'));
  execFileSync('git', ['init', '--quiet', root]);
  writeFileSync(join(root, 'app.py'), '');
  execFileSync('git', ['-C', root, 'add', '.']);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** A FIFO without a writer, which git opens without end. */
function makeFifo(name: string): void {
  const path = join(root, '.git', name);
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
}

/** Returns a line for each program with this working folder. Without one, grep exits with 1, which is no error here. */
const programsIn = (folder: string): string =>
  execFileSync(
    'sh',
    ['-c', 'for p in /proc/[0-9]*; do readlink $p/cwd; done 2>/dev/null | grep -Fx "$1" || true', 'sh', folder],
    {
      encoding: 'utf8',
    },
  );

it('tracked files are listed', async () => {
  expect([...(await trackedIn(root)).files]).toEqual(['app.py']);
});

describe.each(['HEAD', 'config', 'index'])('a repository whose %s is a FIFO', (name) => {
  beforeEach(() => {
    makeFifo(name);
  });

  it('fails after the time limit with an error that names the folder, and git is gone', async () => {
    await expect(trackedIn(root, undefined, 500)).rejects.toMatchObject({
      key: 'git_too_slow',
      params: { path: root, seconds: 0.5 },
    });
    await eventually(() => programsIn(root) === '');
  });

  it('is no longer read when packing is interrupted, and git is gone', async () => {
    const interrupt = new AbortController();
    const packing = pack(root, { purpose: 'any' }, interrupt.signal);
    setImmediate(() => interrupt.abort());
    await expect(packing).rejects.toMatchObject({ name: 'AbortError' });
    await eventually(() => programsIn(root) === '');
  });
});
