// The package file that `npm pack` makes, installed on a machine without the clone.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { earlierStart } from '../support/earlier-version.js';
import { eventually } from '../support/eventually.js';
import { FOREIGN_TEMPORAL } from '../support/foreign-temporal.js';
import { itIf } from '../support/jest/conditions.js';
import { freePort, PROJECT, Slipway } from '../support/slipway.js';

const READY_MS = 120_000;
let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'slipway-package-'));
  for (const name of ['prefix', 'home', 'elsewhere']) mkdirSync(join(root, name));
  // Without its build, which the tests have done already.
  await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', root], { cwd: PROJECT });
  const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string };
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await execa('npm', ['install', '--global', '--prefix', join(root, 'prefix'), ...quiet, `slipway-${version}.tgz`], {
    cwd: root,
  });
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const installed = (path: string): string => join(root, 'prefix/lib/node_modules/slipway', path);

/** As another user of the host would have it: no clone, and no data folder above. */
const atHome = (): { cwd: string; env: Record<string, string> } => ({
  cwd: join(root, 'elsewhere'),
  env: {
    PATH: `${join(root, 'prefix/bin')}:${process.env.PATH}`,
    HOME: join(root, 'home'),
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), // has Temporal
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
    LANG: 'C',
  },
});

const slipway = (...args: string[]) => execa(join(root, 'prefix/bin/slipway'), args, { ...atHome(), reject: false });

async function started(...args: string[]): Promise<{ child: ChildProcess; output: () => string }> {
  const { cwd, env } = atHome();
  const child = spawn(join(root, 'prefix/bin/slipway'), ['start', ...args], { cwd, env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  await eventually(() => child.exitCode !== null || output.includes('Slipway is ready:'), { timeoutMs: READY_MS });
  return { child, output: () => output };
}

it('the package has no sources, tests or tools for development', async () => {
  const { stdout } = await execa('tar', ['-tzf', join(root, 'slipway-1.0.0.tgz')]);
  const folders = new Set(stdout.split('\n').map((path) => path.split('/').slice(1, 2).join()));
  expect([...folders].sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'README.zh-TW.md',
    'SECURITY.md',
    'dist',
    'docs',
    'examples',
    'locales',
    'package.json',
    'scripts',
    'temporal-server',
  ]);
  expect(existsSync(installed('src'))).toBe(false);
});

// A foreign server would need a namespace by a setting; the embedded one is what an installed Slipway has.
itIf(FOREIGN_TEMPORAL === undefined)(
  'an installed Slipway starts with its data in ~/.slipway, deploys from any folder, and stops at Ctrl-C',
  async () => {
    const port = String(await freePort());
    const { child, output } = await started('--port', port);
    try {
      expect(output()).toContain(`Slipway is ready: http://127.0.0.1:${port}`);
      expect(output()).toContain(`slipway deploy ${installed('examples/flask-hello')}`);
      expect(existsSync(join(root, 'home/.slipway/admin.key'))).toBe(true);

      const deployed = await slipway('deploy', installed('examples/flask-hello'), '--mode', 'uv');
      expect(deployed.stdout).toContain('Completed in');
      const { stdout } = await slipway('services', 'flask-hello', '--json');
      const { url } = JSON.parse(stdout) as { url: string };
      expect((await fetch(url)).status).toBe(200);

      const second = await slipway('start', '--port', port, '--data-dir', join(root, 'other'));
      expect(second).toMatchObject({ exitCode: 1 });
      expect(second.stderr).toContain(`another Slipway, maybe of another user, uses port ${port} on 127.0.0.1`);
      const twice = await slipway('start');
      expect(twice.stderr).toContain(`another Slipway (process ${child.pid}) runs in ${join(root, 'home/.slipway')}`);

      expect((await slipway('unregister', 'flask-hello')).exitCode).toBe(0);
    } finally {
      child.kill('SIGINT');
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    expect(output()).toContain('Slipway has stopped.');
  },
);

it('`slipway start` rejects options of Slipway itself together with the name of a service', async () => {
  const { exitCode, stderr } = await slipway('start', 'bot', '--port', '9000');
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not the service bot') });
});

it('a package that is installed over the data of an earlier version goes on with its running apps', async () => {
  const before = await Slipway.start({}, await earlierStart('landed'));
  try {
    const { service } = await before.run(before.app('answers-200'));
    const pids = before.appProcesses('answers-200');
    expect(pids).not.toEqual([]);
    await before.down();
    await before.up(installed('dist/start.js'));
    await eventually(async () => (await before.service(service!)).status === 'running');
    expect(before.appProcesses('answers-200')).toEqual(pids);
    expect(await before.run(before.app('answers-200'))).toMatchObject({ status: 'completed' });
  } finally {
    await before.remove();
  }
});
