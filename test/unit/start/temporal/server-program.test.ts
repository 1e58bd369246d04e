import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readConfig, type Config } from '../../../../src/config.js';
import { toolsDir } from '../../../../src/programs.js';
import { getTemporalServer } from '../../../../src/start/temporal/server-program.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-tools-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const onPath = (name: string): string => join(root, 'path', name);
const configWith = (settings: Record<string, string> = {}): Config =>
  readConfig({ PATH: join(root, 'path'), XDG_CACHE_HOME: join(root, 'cache'), ...settings });
const built = (): string => join(toolsDir(configWith()), 'slipway-temporal-1.29.1/slipway-temporal');

function program(path: string, script: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const GO = `case "$*" in "build -mod=readonly -ldflags=-s -w -o "*"/slipway-temporal .") ;; *) exit 1 ;; esac
test -f go.sum && printf '#!/bin/sh\\n' > "$5" && /bin/chmod +x "$5"`;

it('the Temporal server on the PATH is used regardless of its version', async () => {
  program(onPath('slipway-temporal'), 'echo temporal version 1.30.0');
  program(onPath('go'), 'exit 1');
  const found = await getTemporalServer(configWith());
  expect(found).toEqual({ path: onPath('slipway-temporal'), version: '1.30.0' });
});

it('the pinned version of the Temporal server is built with Go once', async () => {
  program(onPath('go'), GO);
  await expect(getTemporalServer(configWith())).resolves.toEqual({ path: built(), version: '1.29.1' });
  program(onPath('go'), 'exit 1');
  await expect(getTemporalServer(configWith())).resolves.toEqual({ path: built(), version: '1.29.1' });
});

it('a failed build of the Temporal server leaves no files and is reported with the reason', async () => {
  program(onPath('go'), 'echo "no such module" >&2; exit 1');
  await expect(getTemporalServer(configWith())).rejects.toMatchObject({
    params: { reason: expect.stringContaining('no such module') },
  });
  expect(existsSync(built())).toBe(false);
  expect(readdirSync(toolsDir(configWith()))).toEqual([]);
});

it('the error without a Temporal server names the missing Go or the setting that forbids installing tools', async () => {
  await expect(getTemporalServer(configWith())).rejects.toThrow(/Go is not on PATH/);
  program(onPath('go'), GO);
  await expect(getTemporalServer(configWith({ SLIPWAY_INSTALL_TOOLS: '0' }))).rejects.toThrow(
    /SLIPWAY_INSTALL_TOOLS=0/,
  );
});
