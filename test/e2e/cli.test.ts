import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { layout, releaseDir } from '../../src/contract/layout.js';
import { writeFiles } from '../support/activity-host.js';
import { eventually } from '../support/eventually.js';
import { onTestFinished } from '../support/jest/test-end.js';
import { PROJECT, Slipway } from '../support/slipway.js';
import { workspaceFiles } from '../support/workspace.js';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

interface Running {
  child: ChildProcess;
  stdout: string;
  stderr: string;
  code: Promise<number | null>;
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(args: readonly string[], env: Record<string, string> = {}): Running {
  return follow(process.execPath, [join(PROJECT, 'scripts/slipway.mjs'), ...args], env);
}

function follow(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
  cwd = slipway.home,
): Running {
  const child = spawn(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', SLIPWAY_DATA_DIR: slipway.dataDir, ...env },
  });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const running: Running = { child, stdout: '', stderr: '', code };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (running.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (running.stderr += text));
  return running;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const running = start(args, env);
  return { code: await running.code, stdout: running.stdout, stderr: running.stderr };
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await run([...args, '--json']);
  if (code !== 0) throw new Error(`${args.join(' ')} exited with ${code}: ${stdout} ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** A copy of its own, as a user has it. */
function own(app: string, name: string): string {
  const folder = join(slipway.home, 'mine', name);
  cpSync(app, folder, { recursive: true });
  return folder;
}

const fixture = (name: string): string => join(slipway.sources, name);
const latest = async (service: string): Promise<string> =>
  (await json<{ deployment_id: string }[]>('list', '--service', service, '-n', '1'))[0]!.deployment_id;

it('slipway deploy prints each step, and its URL answers', async () => {
  const folder = own(join(PROJECT, 'examples/flask-hello'), 'hello');
  writeFileSync(join(folder, '.gitignore'), 'secret.txt\n');
  writeFileSync(join(folder, 'secret.txt'), 'not for others');
  const { code, stdout } = await run(['deploy', folder, '--mode', 'uv', '--env', 'GREETING=hi']);
  expect(code).toBe(0);
  const steps = stdout.split('\n').filter((line) => /^ {2}[1-5]\/5 {2}/.test(line));
  expect(steps.map((line) => line.trim().slice(0, 3))).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5']);
  expect(stdout).toMatch(/Completed in [\d.]+ s/);
  expect(stdout).not.toContain('\u001b'); // no terminal
  const [url] = /http:\/\/\S+/.exec(stdout.split('\n').slice(-3).join('\n'))!;
  expect((await fetch(url)).status).toBe(200);
  const log = await slipway.logs(await latest('hello'));
  expect(log).toContain('4 entries'); // what .gitignore names stayed here
});

it('slipway deploy prints in the language of the terminal that nothing changed', async () => {
  const folder = join(slipway.home, 'mine/hello');
  const { code, stdout } = await run(['deploy', folder, '--mode', 'uv', '--env', 'GREETING'], {
    GREETING: 'hi',
    LC_ALL: 'zh_TW.UTF-8',
  });
  expect(code).toBe(0);
  expect(stdout).toContain('沒有變更');
  const followed = await run(['progress', await latest('hello'), '--follow']);
  expect(followed.stdout).toContain('Nothing changed');
  expect(followed.stdout).toMatch(/^5\/5 .* completed {2}uv$/m); // and names no step that it got to
});

it('slipway deploy prints which modes are skipped because of a memory limit', async () => {
  const folder = join(slipway.home, 'mine/hello');
  const { stdout } = await run(['deploy', folder, '--memory', '64', '--fallback-mode', 'uv', 'docker']);
  const [first = '', second = ''] = stdout.split('\n');
  expect(first).toContain('Deployment ');
  expect(second).toContain('what is not tried: uv');
});

it('slipway deploy exits with 1 and prints the error code after a failed deployment', async () => {
  const { code, stdout } = await run(['deploy', fixture('exits-at-once'), '--mode', 'uv']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/✖ Failed \(app_exited\): /);
  const id = await latest('exits-at-once');
  expect((await run(['status', id])).stdout).toContain('app_exited');
  const followed = await run(['progress', id, '--follow']);
  expect(followed.code).toBe(1);
  expect(followed.stdout).toContain('✖ Failed (app_exited): ');
});

it('slipway deploy prints the current state of the service after a failed deployment', async () => {
  await run(['deploy', fixture('answers-200'), '--mode', 'uv', '--service', 'steady']);
  const { active_release: release } = await slipway.service('steady');
  const { code, stdout } = await run(['deploy', fixture('exits-at-once'), '--mode', 'uv', '--service', 'steady']);
  expect(code).toBe(1);
  const now = `  steady is now running, its health is healthy, its release ${release!}`;
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(now);
});

it('Ctrl-C with --cancel-on-interrupt cancels the deployment, and slipway deploy exits with 130', async () => {
  const running = start(['deploy', fixture('never-healthy'), '--mode', 'uv', '--cancel-on-interrupt']);
  await eventually(() => running.stdout.includes('5/5'), { timeoutMs: 60_000 });
  running.child.kill('SIGINT');
  expect(await running.code).toBe(130);
  expect(running.stdout).toContain('Cancelled');
  expect((await slipway.status(await latest('never-healthy'))).status).toBe('cancelled');
  expect(slipway.appProcesses('never-healthy')).toEqual([]);
});

it('SIGTERM to npx cancels the deployment that slipway deploy --cancel-on-interrupt started', async () => {
  const args = ['slipway', 'deploy', fixture('never-healthy'), '--mode', 'uv', '--cancel-on-interrupt'];
  const running = follow('npx', args, {}, PROJECT);
  await eventually(() => running.stdout.includes('5/5'), { timeoutMs: 60_000 });
  running.child.kill('SIGTERM');
  await running.code; // closed when the command has ended as well
  expect(running.stdout).toContain('Cancelled');
  expect((await slipway.status(await latest('never-healthy'))).status).toBe('cancelled');
});

it('Ctrl-C without --cancel-on-interrupt leaves the deployment running, and slipway cancel ends the deployment', async () => {
  const running = start(['deploy', fixture('never-healthy'), '--mode', 'uv', '--json']);
  await eventually(() => running.stdout.includes('"step":"start"'), { timeoutMs: 60_000 });
  running.child.kill('SIGINT');
  expect(await running.code).toBe(130);
  const events = running.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  expect(events[0]!.event).toBe('accepted');
  const id = await latest('never-healthy');
  expect((await slipway.status(id)).is_active).toBe(true);
  expect(await json('cancel', id)).toMatchObject({ deployment_id: id, status: 'cancelled' });
  const { code, stdout } = await run(['progress', id, '-f']);
  expect(code).toBe(130);
  const lines = stdout.trim().split('\n');
  expect(lines.at(-1)).toBe('■ Cancelled');
  expect(stdout).not.toContain('部署'); // Slipway's own language, not the terminal's
  expect(lines.filter((line, at) => line === lines[at - 1])).toEqual([]);
});

it('slipway deploy prints the outcome for a key that may deploy but not follow the progress', async () => {
  const scopes = ['deploy', 'variables', 'status'].flatMap((scope) => ['--scope', scope]);
  const { key } = await json<{ key: string }>('keys', 'create', '--role', 'admin', ...scopes);
  const args = ['deploy', fixture('exits-at-once'), '--mode', 'uv', '--service', 'blind'];
  const { code, stdout } = await run(args, { SLIPWAY_KEY: key, SLIPWAY_URL: slipway.url });
  expect(stdout).toContain('✖ Failed (app_exited): ');
  expect(stdout).toMatch(/Its progress is not shown \(.*\); waiting for its end …$/m);
  expect(stdout).toMatch(/Its log is not shown \(.*\)$/m);
  expect(code).toBe(1);
});

it.each(['--ref', '--git-token'])('slipway deploy refuses %s for a folder', async (option) => {
  const { code, stderr } = await run(['deploy', fixture('answers-200'), option, 'x']);
  expect(code).toBe(1);
  expect(stderr).toContain(`${option} is for git addresses alone`);
});

it('slipway deploy --subdirectory uploads the whole folder, and --build-env gives variables to the build but not to the app', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-mono-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const tells = 'import os, time\nprint("given", os.environ.get("INDEX_TOKEN"), flush=True)\ntime.sleep(3600)\n';
  await writeFiles(folder, {
    ...workspaceFiles(),
    'services/bot/main.py': `import shared\n${tells}`,
    'build.env': 'INDEX_TOKEN=of-a-file-for-builds\n',
  });
  const options = ['--subdirectory', 'services/bot', '--mode', 'uv', '--command', 'python main.py'];
  const forBuild = ['--build-env', 'COMMIT=4f2a91c', '--build-env-from', join(folder, 'build.env')];
  const { code, stderr, stdout } = await run(['deploy', folder, ...options, ...forBuild]);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('✖')]);
  expect(stdout).not.toContain('of-a-file-for-builds');
  const { body } = await slipway.call('/api/services/bot');
  expect(body).toMatchObject({ name: 'bot', status: 'running' });
  const release = releaseDir(layout(slipway.dataDir), 'bot', String(body['active_release']));
  expect(existsSync(join(release, 'packages/shared/pyproject.toml'))).toBe(true);
  expect(existsSync(join(release, 'build.env'))).toBe(false);
  const log = async () => (await slipway.call('/api/services/bot/logs')).text;
  await eventually(async () => (await log()).includes('given None'));
  const nowhere = await run(['deploy', folder, '--subdirectory', 'services/none']);
  expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('services/none is not a folder')]);
});

it('slipway doctor names an invalid setting and checks the host with the valid settings', async () => {
  const elsewhere = { SLIPWAY_DATA_DIR: join(slipway.home, 'nothing-yet') }; // one that runs has settings of its own
  const shell = { ...elsewhere, SLIPWAY_RATE_LIMIT: '-1', SLIPWAY_MODES: 'uv', 'BASH_FUNC_x((%%': '1' };
  const { stdout } = await run(['doctor'], shell);
  expect(stdout).toMatch(/A setting is wrong: SLIPWAY_RATE_LIMIT: /);
  expect(stdout).toContain(', without containers'); // as SLIPWAY_MODES says
});

it('the CLI refuses an empty key and doesn’t use the admin key instead', async () => {
  const { code, stderr } = await run(['list'], { SLIPWAY_KEY: '' });
  expect(code).toBe(1);
  expect(stderr).toContain('SLIPWAY_KEY or --key is empty');
});

it('slipway logs -f follows the log of a service until Ctrl-C', async () => {
  expect((await run(['deploy', fixture('printer'), '--mode', 'uv'])).code).toBe(0);
  const { url } = await slipway.service('printer');
  await fetch(`${url!}/2/10`);
  const running = start(['logs', 'printer', '-f', '--tail', '1', '--json']);
  await eventually(() => running.stdout.split('\n').length === 2, { timeoutMs: 30_000 });
  await fetch(`${url!}/3/10`);
  await eventually(() => running.stdout.split('\n').length === 5);
  running.child.kill('SIGINT');
  expect(await running.code).toBe(130);
  for (const line of running.stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('line');
  const plain = await run(['logs', 'printer', '--tail', '2']);
  expect(plain.stdout.trim().split('\n')).toHaveLength(2);
});

it('slipway logs prints the last 100 lines by default and a hint about -n all', async () => {
  const { url } = await slipway.service('printer');
  await fetch(`${url!}/150/10`);
  const all = await eventually(async () => {
    const { stdout } = await run(['logs', 'printer', '-n', 'all']);
    return stdout.split('\n').length > 150 && stdout.trimEnd().split('\n');
  });
  const last = await run(['logs', 'printer']);
  expect(last.stdout.trimEnd().split('\n')).toEqual(all.slice(-100));
  expect(last.stderr).toContain('-n all');
  const recent = await run(['logs', 'printer', '--since', '1h']);
  expect(recent.stdout.trimEnd().split('\n')).toEqual(all);
  expect((await run(['logs', 'printer', '--since', 'lately'])).code).toBe(2);
});

it('slipway logs prints the same lines with and without -f, in the time zone of the terminal', async () => {
  const env = { TZ: 'Asia/Taipei' };
  const folder = join(slipway.home, 'mine/loud');
  mkdirSync(folder, { recursive: true });
  const program =
    'import sys, time\nprint("well", flush=True)\nprint("badly", file=sys.stderr, flush=True)\ntime.sleep(3600)\n';
  writeFileSync(join(folder, 'main.py'), program);
  expect((await run(['deploy', folder, '--mode', 'uv'])).code).toBe(0);
  const { stdout } = await run(['logs', 'loud'], env);
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+08:00 ! badly$/m);
  expect(stdout).toMatch(/\+08:00 {3}well$/m);
  const following = start(['logs', 'loud', '-f'], env);
  await eventually(() => following.stdout.length >= stdout.length, { timeoutMs: 30_000 });
  following.child.kill('SIGINT');
  await following.code;
  expect(following.stdout).toBe(stdout);
  const since = stdout.slice(0, stdout.indexOf(' ', 11)); // as it is shown
  expect((await run(['logs', 'loud', '--since', since], env)).stdout).toBe(stdout);
});

it('CLI commands for a service wait until they are done, and a rollback activates the previous release', async () => {
  const folder = join(slipway.home, 'mine/hello');
  const first = (await slipway.service('hello')).active_release!;
  writeFileSync(join(folder, 'new.txt'), 'changed');
  expect((await run(['deploy', folder, '--mode', 'uv'])).code).toBe(0);
  expect((await slipway.service('hello')).active_release).not.toBe(first);
  expect((await run(['rollback', 'hello'])).code).toBe(0);
  expect((await slipway.service('hello')).active_release).toBe(first);
  expect((await run(['stop', 'hello'])).code).toBe(0);
  expect((await slipway.service('hello')).status).toBe('stopped');
  expect(await json('start', 'hello', '--no-wait')).toMatchObject({ command: 'start', status: 'accepted' });
  await eventually(async () => (await slipway.service('hello')).status === 'running');
  const gone = await run(['rollback', 'hello', 'uv_20200101_000000_aaaaaaaa']);
  expect(gone.code).toBe(1);
  expect(gone.stderr).toContain('✖');
});

it('slipway logs shows a plain variable and masks a secret variable', async () => {
  const folder = join(slipway.home, 'mine/stages');
  mkdirSync(folder, { recursive: true });
  const program = 'import os, time\nprint(os.environ["STAGE"], os.environ["TOKEN"], flush=True)\ntime.sleep(3600)\n';
  writeFileSync(join(folder, 'main.py'), program);
  const given = ['--plain', 'STAGE=production', '--env', 'TOKEN=0123456789abc', '--plain', 'PUBLIC_KEY=ssh-ed25519'];
  const { code, stdout } = await run(['deploy', folder, '--mode', 'uv', ...given]);
  expect(code).toBe(0);
  expect(stdout).toContain('PUBLIC_KEY looks like a secret');
  expect(stdout).not.toContain('STAGE looks');
  expect((await run(['logs', 'stages'])).stdout).toContain('production ********');
});

it('slipway register creates a service, and unregister --purge requires --yes', async () => {
  const registered = await json<{ kind: string }>('register', 'later', '--kind', 'web', '--type', 'ai');
  expect(registered).toMatchObject({ kind: 'web', type: 'ai', status: 'created' });
  const unasked = await run(['unregister', 'later', '--purge']);
  expect(unasked.code).toBe(2);
  expect(unasked.stderr).toContain('--yes');
  expect((await slipway.service('later')).status).toBe('created');
  expect((await run(['unregister', 'later', '--purge', '--yes'])).code).toBe(0);
  expect((await run(['services', 'later'])).code).toBe(1);
});

it('slipway batch prints the state of each item, and names each invalid field of an invalid batch', async () => {
  const item = (service: string, more: object = {}, config: object = {}) => ({
    mode: 'uv',
    config: { service, source: { type: 'directory', path: fixture('answers-200') }, ...config },
    ...more,
  });
  const file = join(slipway.home, 'batch.json');
  const slow = item('one', {}, { release_command: 'sleep 3' }); // the first look finds it unfinished
  writeFileSync(file, JSON.stringify({ deployments: [slow, item('two', { depends_on: ['one'] })] }));
  const good = await run(['batch', file]);
  expect(good.code).toBe(0);
  expect(good.stdout).toMatch(/waiting +two[\s\S]*completed +one[\s\S]*completed +two[\s\S]*2 completed/);
  writeFileSync(file, JSON.stringify({ deployments: [item('one'), item('No'), item('three', { mode: 'x' })] }));
  const bad = await run(['batch', file]);
  expect(bad.code).toBe(1);
  expect(bad.stderr).toMatch(/deployments\.1\.config\.service +\S/);
  expect(bad.stderr).toMatch(/deployments\.2\.mode +\S/);
  writeFileSync(file, 'not\njson');
  expect((await run(['batch', file])).stderr).toMatch(
    /^✖ \S+ is not JSON: Unexpected token 'o'\n {2}It should hold .*\n$/,
  );
});

it('slipway deploy exits with an error if the key may not read the outcome, and the last admin key can’t be revoked', async () => {
  const { key } = await json<{ key: string }>('keys', 'create', '--role', 'admin', '--scope', 'deploy');
  const args = ['deploy', fixture('exits-at-once'), '--mode', 'uv', '--service', 'unseen', '--key', key];
  const unseen = await run([...args, '--url', slipway.url]);
  expect(unseen.code).toBe(1);
  expect(unseen.stderr).toMatch(/^✖ The deployment \S+ goes on, and this key may not see how it ends/m);
  const refused = await run(['keys', 'revoke', 'key_admin']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('the last key that may administer');
});

it('slipway keys creates, lists and revokes keys, and a read key can list deployments but not stop a service', async () => {
  const made = await run(['keys', 'create', '--role', 'read']);
  const key = made.stdout.trim();
  expect(key).toMatch(/^slipway_\S+$/); // alone on stdout
  const elsewhere = ['--url', slipway.url, '--key', key];
  expect((await run(['list', ...elsewhere])).code).toBe(0);
  const refused = await run(['stop', 'hello', ...elsewhere]);
  expect([refused.code, refused.stderr.slice(0, 2)]).toEqual([1, '✖ ']);
  const keys = await json<{ id: string; role: string }[]>('keys', 'list');
  const { id } = keys.find(({ role }) => role === 'read')!;
  expect((await run(['keys', 'revoke', id])).code).toBe(0);
  expect((await run(['list', ...elsewhere])).code).toBe(1);
});

it('--json makes the CLI print the API’s response as JSON', async () => {
  const id = await latest('hello');
  for (const args of [
    ['status', id],
    ['progress', id],
    ['callbacks', id],
    ['list', '--status', 'failed'],
    ['services'],
    ['services', 'hello'],
    ['events', 'hello', '-n', '2'],
    ['releases', 'hello'],
    ['health'],
    ['audit', '-n', '3'],
    ['config'],
  ])
    expect([args, typeof (await json(...args))]).toEqual([args, 'object']);
  const unknown = await run(['status', 'uv_20200101_000000_aaaaaaaa', '--json']);
  expect(unknown.code).toBe(1);
  expect(JSON.parse(unknown.stdout)).toMatchObject({ code: 'not_found', status: 404 });
});

it('slipway config prints the settings of the running Slipway and the different values of the shell', async () => {
  const rows = async (env: Record<string, string>) => {
    const { stdout } = await run(['config', '--json'], env);
    const told = JSON.parse(stdout) as { name: string; value: string; here?: string }[];
    return new Map(told.map((row) => [row.name, row]));
  };
  const running = await rows({ SLIPWAY_RETENTION_DAYS: '3' });
  expect(running.get('SLIPWAY_SOURCE_ROOTS')?.value).toContain(slipway.sources);
  expect(running.get('SLIPWAY_RETENTION_DAYS')).toMatchObject({ from: 'default', here: '3' });
  const own = await rows({ SLIPWAY_RETENTION_DAYS: '3', SLIPWAY_DATA_DIR: slipway.home });
  expect(own.get('SLIPWAY_RETENTION_DAYS')).toEqual({
    name: 'SLIPWAY_RETENTION_DAYS',
    value: '3',
    from: 'environment',
  });
  expect((await run(['config'])).stderr).toContain(slipway.dataDir);
});

it('the CLI exits with 2 for wrong usage, and with an error that gives the reason for an unreachable Slipway', async () => {
  expect((await run(['deploy', '--port', 'x'])).code).toBe(2);
  expect((await run(['nonsense'])).code).toBe(2);
  const away = await run(['list', '--url', 'http://127.0.0.1:2', '--key', 'k']);
  expect([away.code, away.stderr]).toEqual([1, expect.stringContaining('does not answer')]);
  const blocked = await run(['list', '--url', 'http://127.0.0.1:1', '--key', 'k']);
  expect([blocked.code, blocked.stderr]).toEqual([1, expect.stringContaining('no HTTP client connects')]);
  const none = await run(['list'], { SLIPWAY_DATA_DIR: slipway.home });
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('is not running')]);
});

it('slipway callbacks verify checks the signature of a callback', async () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const [body, at] = ['{"deployment_id":"x"}', new Date()];
  const file = join(slipway.home, 'callback.json');
  writeFileSync(file, body);
  const signature = new Webhook(secret).sign('x.1', at, body);
  const seconds = String(Math.floor(at.getTime() / 1000));
  const verify = (id: string) =>
    run([
      'callbacks',
      'verify',
      file,
      '--secret',
      secret,
      '--id',
      id,
      '--timestamp',
      seconds,
      '--signature',
      signature,
    ]);
  expect((await verify('x.1')).code).toBe(0);
  const own = new Webhook(readFileSync(join(slipway.dataDir, 'callback.key'), 'utf8').trim()).sign('x.1', at, body);
  const said = ['--id', 'x.1', '--timestamp', seconds, '--signature'];
  expect((await run(['callbacks', 'verify', file, ...said, own])).code).toBe(0);
  const given = { SLIPWAY_CALLBACK_SECRET: secret };
  expect((await run(['callbacks', 'verify', file, ...said, signature], given)).code).toBe(0);
  const wrong = await verify('x.2');
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('The signature is wrong')]);
});

it('slipway doctor reports missing programs without a running Slipway, and exits with 1 if Temporal is missing', async () => {
  const bin = join(slipway.home, 'bin');
  mkdirSync(bin);
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  symlinkSync(python, join(bin, 'python3'));
  const bare = {
    PATH: bin,
    XDG_CACHE_HOME: slipway.home,
    SLIPWAY_DATA_DIR: join(slipway.home, 'nothing-yet'),
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
    TEMPORAL_ADDRESS: '', // as if none was set
    SLIPWAY_INSTALL_TOOLS: '0',
  };
  const { code, stdout } = await run(['doctor'], bare);
  expect(code).toBe(1); // there is no Temporal, and none may be got
  expect(stdout).toMatch(/! uv +There is no uv/);
  expect(stdout).toMatch(/! docker +There is no Docker engine/);
  expect(stdout).toMatch(/! git +There is no git/);
  expect(stdout).toMatch(/✖ temporal +There is no Temporal server/);
  expect(stdout).toContain('admin.key');
  symlinkSync('/bin/true', join(bin, 'go')); // with Go the server would be built
  const got = await run(['doctor', '--json'], { ...bare, SLIPWAY_INSTALL_TOOLS: '1', SLIPWAY_PORT: '80a' });
  const findings = JSON.parse(got.stdout) as { check: string; status: string; message: string }[];
  // the rest is looked at with the defaults: their port may be another's here
  const missing = findings.filter(({ status, check }) => status === 'missing' && check !== 'port');
  expect(missing.map(({ check, message }) => [check, message])).toEqual([
    ['settings', expect.stringContaining('SLIPWAY_PORT')],
  ]);
});

it('slipway doctor reports that the running Slipway is ready', async () => {
  const { stdout } = await run(['doctor']);
  expect(stdout).toContain(`The Slipway at ${slipway.url} is ready`);
  expect(stdout).toContain(`${new URL(slipway.url).host} is used by this Slipway`);
});
