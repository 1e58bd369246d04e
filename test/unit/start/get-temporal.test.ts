import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConfig, type Config } from '../../../src/config.js';
import { toolsBin } from '../../../src/programs.js';
import { buildWithGo, getTemporal } from '../../../src/start/get-temporal.js';

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

function program(path: string, script = 'exit 0'): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const fails = (): Promise<string> => Promise.resolve('no network');
const unexpected = (): Promise<never> => Promise.reject(new Error('nobody expected this way to be tried'));

it('what is on PATH is taken as it is', async () => {
  program(onPath('temporal'));
  await expect(getTemporal(configWith(), [unexpected])).resolves.toBe(onPath('temporal'));
});

it('what was fetched once is taken from the tools folder', async () => {
  const fetched = join(toolsBin(configWith()), 'temporal');
  program(fetched);
  await expect(getTemporal(configWith(), [unexpected])).resolves.toBe(fetched);
});

it('a way that fails is followed by the next: without a download it is built with Go', async () => {
  program(onPath('go'), `printf '#!/bin/sh\\n' > "$GOBIN/temporal" && /bin/chmod +x "$GOBIN/temporal"`);
  await expect(getTemporal(configWith(), [fails, buildWithGo])).resolves.toBe(join(toolsBin(configWith()), 'temporal'));
});

it('a way that succeeds ends the search', async () => {
  const fetches = (config: Config): Promise<undefined> => {
    program(join(toolsBin(config), 'temporal'));
    return Promise.resolve(undefined);
  };
  await expect(getTemporal(configWith(), [fetches, unexpected])).resolves.toMatch(/temporal$/);
});

it('when all fail, each is told with its reason', async () => {
  await expect(getTemporal(configWith(), [fails, buildWithGo])).rejects.toThrow(/no network; Go is not on PATH/);
  program(onPath('go'), 'echo "no such module" >&2; exit 1');
  await expect(getTemporal(configWith(), [fails, buildWithGo])).rejects.toThrow(/no network; .*no such module/);
});

it('nothing is fetched when that is turned off', async () => {
  const config = configWith({ SLIPWAY_INSTALL_TOOLS: '0' });
  await expect(getTemporal(config, [unexpected])).rejects.toThrow(/SLIPWAY_INSTALL_TOOLS=0/);
});
