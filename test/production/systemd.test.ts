// The units of deploy/systemd/, installed by the commands of docs/how-to/run-with-systemd.md, under a real systemd in a container.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceView, StatusBody } from '../../src/contract/views.js';
import { eventually } from '../support/eventually.js';
import { documented } from './documented.js';
import { startSystemdHost, type SystemdHost } from './systemd-host.js';

const API = 'http://127.0.0.1:8088';
const APP_SECRET = 'planted-secret-of-the-app';
let host: SystemdHost;
const inside: SystemdHost['inside'] = (...command) => host.inside(...command);
const shell: SystemdHost['shell'] = (script) => host.shell(script);

beforeAll(async () => {
  host = await startSystemdHost();
  for (const commands of documented('run-with-systemd.md', 'The two services, under systemd')) await shell(commands);
});
afterAll(() => host.remove());

async function call<T>(path: string, body?: unknown): Promise<T> {
  const data = body === undefined ? [] : ['--json', JSON.stringify(body)];
  const key = await inside('cat', '/var/lib/slipway/admin.key');
  return JSON.parse(await inside('curl', '-sS', '-H', `Authorization: Bearer ${key}`, ...data, `${API}${path}`)) as T;
}

const untilReady = (): Promise<unknown> =>
  eventually(() => inside('curl', '-sSf', `${API}/readyz`), { timeoutMs: 60_000 });
const service = (): Promise<ServiceView> => call<ServiceView>('/api/services/app');
const page = async (): Promise<string> => inside('curl', '-sSf', (await service()).url!);
const workerPid = (): Promise<string> => inside('systemctl', 'show', '--value', '--property=MainPID', 'slipway-worker');
const apps: SystemdHost['apps'] = () => host.apps();

describe('API and worker as systemd services', () => {
  it('API and worker become ready when Temporal starts later', async () => {
    await eventually(() => inside('curl', '-sSf', `${API}/livez`), { timeoutMs: 30_000 });
    await shell('systemctl start temporal');
    await untilReady();
    expect(await shell('systemctl is-active slipway-api slipway-worker')).toBe('active\nactive');
  });

  it('a request right after a kill of the API waits for the next API', async () => {
    await shell('systemctl kill --kill-who=main --signal=KILL slipway-api');
    await inside('curl', '-sSf', '--max-time', '30', `${API}/livez`);
  });

  it.each([
    ['slipway-api', 20],
    ['slipway-worker', 35],
  ])('systemd rates the exposure of %s at most %i of 100', async (unit, most) => {
    const file = `/etc/systemd/system/${unit}.service`;
    await shell(`systemd-analyze security --no-pager --offline=true --threshold=${most} ${file} >/dev/null`);
  });

  it('an app is deployed as a process', async () => {
    const { deployment_id: id } = await call<{ deployment_id: string }>('/api/deployments', {
      mode: 'fallback',
      config: { source: { type: 'directory', path: '/srv/slipway/app' }, environment_variables: { TOKEN: APP_SECRET } },
    });
    const ended = await eventually(
      async () => {
        const status = await call<StatusBody>(`/api/deployments/${id}`);
        return !status.is_active && status;
      },
      { timeoutMs: 60_000 },
    );
    expect(ended).toMatchObject({ status: 'completed' });
    expect(await apps()).not.toEqual([]);
    await page();
  });

  it('an app runs with a system call filter and without core dumps, and can’t gain privileges', async () => {
    const [pid] = (await apps())[0]!.split(' ');
    const status = await inside('cat', `/proc/${pid!}/status`);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(await inside('cat', `/proc/${pid!}/limits`)).toMatch(/^Max core file size +0 +0 /m);
  });

  it.each([
    ['restarted', 'systemctl restart slipway-worker'],
    ['killed', 'systemctl kill --kill-who=main --signal=KILL slipway-worker'],
  ])('an app keeps running with the same process while the worker is %s', async (_how, command) => {
    const [before, worker] = [await apps(), await workerPid()];
    await shell(command);
    await eventually(async () => !['0', worker].includes(await workerPid()), { timeoutMs: 30_000 });
    await untilReady();
    expect(await apps()).toEqual(before);
    expect(await service()).toMatchObject({ status: 'running', restarts: 0 });
    await page();
  });

  it('an app’s page answers while the worker is stopped, and an exited app starts again with the worker', async () => {
    const { url } = await service();
    await shell('systemctl stop slipway-worker');
    await inside('curl', '-sSf', url!);
    await host.killApps();
    await shell('systemctl start slipway-worker');
    await untilReady();
    await eventually(page, { timeoutMs: 30_000 });
    expect((await service()).restarts).toBe(1);
  });

  it('variables sealed with the earlier secret key can be opened after a change of the key', async () => {
    const { restarts } = await service();
    const earlier = await inside('cat', '/etc/slipway/secret_key');
    await shell(documented('rotate-keys.md', 'A new secret key')[1]!);
    await untilReady();
    expect(await inside('cat', '/etc/slipway/secret_keys_old')).toBe(earlier);
    expect(await inside('stat', '-c', '%a %U', '/etc/slipway/secret_key', '/etc/slipway/secret_keys_old')).toBe(
      '600 root\n600 root',
    );
    await host.killApps();
    await eventually(async () => (await service()).restarts === restarts + 1, { timeoutMs: 30_000 });
    await eventually(page, { timeoutMs: 30_000 });
    const pids = (await apps()).map((app) => app.split(' ')[0]!);
    expect(await shell(`cat ${pids.map((pid) => `/proc/${pid}/environ`).join(' ')} | tr '\\0' '\\n'`)).toContain(
      `TOKEN=${APP_SECRET}`,
    );
  });

  it('the secret key isn’t in the worker’s environment, and only the slipway user can read the data folder', async () => {
    const key = await inside('cat', '/etc/slipway/secret_key');
    expect(
      await shell(`cat /proc/$(systemctl show --value --property=MainPID slipway-worker)/environ | tr '\\0' '\\n'`),
    ).not.toContain(key);
    expect(await inside('stat', '-c', '%a %U', '/var/lib/slipway', '/etc/slipway/secret_key')).toBe(
      '700 slipway\n600 root',
    );
    expect(await shell('systemd-analyze verify /etc/systemd/system/slipway-*.{service,socket} 2>&1')).toBe('');
  });

  it('an app runs as the user slipway-apps after the documented commands', async () => {
    await call('/api/services/app/stop', {});
    await eventually(async () => (await service()).status === 'stopped', { timeoutMs: 30_000 });
    await shell(documented('run-with-systemd.md', 'Apps as a user of their own')[0]!);
    await untilReady();
    await call('/api/services/app/start', {});
    await eventually(async () => (await service()).status === 'running', { timeoutMs: 60_000 });
    await page();
    const [pid] = (await apps())[0]!.split(' ');
    expect(await inside('stat', '-c', '%U', `/proc/${pid!}`)).toBe('slipway-apps');
  });
});
