// The production layout, brought up by docker-compose.yml itself on this machine's engine, with stand-ins for the
// images that can't be pulled here.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import getPort from 'get-port';
import { LABELS } from '../../src/activities/ports/docker/labels.js';
import type { ServiceView, StatusBody } from '../../src/contract/views.js';
import { printLine } from '../../src/start/terminal.js';
import { SERVER_NAME } from '../../src/start/temporal/certificates.js';
import { connectionOptions } from '../../src/temporal.js';
import { TEMPORAL_SERVER } from '../support/built-with-go.js';
import { removeAllOf } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { about } from '../support/jest/about.js';
import { PROJECT } from '../support/slipway.js';
import { documented } from './documented.js';
import { BASE_IMAGE, buildSlipwayImage, buildStandIns, docker, getCompose, SLIPWAY_IMAGE } from './images.js';

interface Answer<T> {
  status: number;
  body: T;
}

interface Service {
  image: string;
  restart: string;
  healthcheck?: object;
  ports?: { host_ip?: string }[];
  environment?: Record<string, string>;
  cap_drop?: string[];
  security_opt?: string[];
  read_only?: boolean;
}

/** As the engine tells them. */
type Networks = Record<string, { IPAddress: string }>;

const APP_SECRET = 'planted-secret-of-the-app';
const ONE_SHOT = ['temporal-certificates', 'temporal-schema', 'temporal-namespace'];

let home: string;
let url: string;
let key: string;
let env: Record<string, string>;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'slipway-compose-'));
  mkdirSync(join(home, 'apps'));
  // `docker compose`, whatever this machine has of it.
  const shim = ['#!/bin/sh', '[ "$1" = compose ] || exit 2', 'shift', `exec ${(await getCompose()).join(' ')} "$@"`];
  writeFileSync(join(home, 'docker'), shim.join('\n'), { mode: 0o755 });
  await shell(documented('run-with-compose.md', 'Create the secrets')[0]!);
  const port = String(await getPort({ host: '127.0.0.1' }));
  env = {
    PATH: `${home}:${process.env['PATH'] ?? ''}`,
    COMPOSE_PROJECT_NAME: `slipway-test-${randomBytes(3).toString('hex')}`,
    COMPOSE_FILE: ['docker-compose.yml', 'test/production/stand-ins.yml'].map((file) => join(PROJECT, file)).join(':'),
    DOCKER_GID: /DOCKER_GID=(\d+)/.exec(readFileSync(join(home, '.env'), 'utf8'))![1]!,
    SLIPWAY_SECRETS: join(home, 'deploy/secrets'),
    SLIPWAY_APPS: join(home, 'apps'),
    SLIPWAY_PORT: port,
    TEMPORAL_PORT: String(await getPort({ host: '127.0.0.1' })),
  };
  url = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  const hostId = await compose('exec', '-T', 'api', 'cat', '/var/lib/slipway/host.id');
  await compose('stop', 'worker');
  await removeAllOf(hostId.trim());
  await compose('down', '--volumes', '--timeout=5');
  rmSync(home, { recursive: true, force: true });
});

const shell = (script: string): Promise<string> => run('bash', '-ec', script);
const compose = (...args: string[]): Promise<string> => run(join(home, 'docker'), 'compose', ...args);
const run = async (file: string, ...args: string[]): Promise<string> =>
  (await execa(file, args, { cwd: home, env })).stdout;
const secrets = (): string[] =>
  ['slipway_secret_key', 'slipway_secret_keys_old', 'postgres_password']
    .map((name) => readFileSync(join(home, 'deploy/secrets', name), 'utf8').trim())
    .filter((value) => value !== ''); // no earlier key at first
const container = (service: string): Promise<string> => compose('ps', '--all', '--quiet', service);
const inspected = async (service: string, format: string): Promise<string> =>
  docker('inspect', `--format=${format}`, await container(service));
/** Of an app. */
const containerOf = (instance: string): Promise<string> =>
  docker('ps', '--quiet', `--filter=label=${LABELS.instance}=${instance}`);
const isReady = async (): Promise<boolean> => (await fetch(`${url}/readyz`)).ok;

const ids = async (): Promise<string[]> =>
  (await call<{ deployment_id: string }[]>('/api/deployments')).body.map((row) => row.deployment_id);

const untilEnded = (id: string, timeoutMs: number): Promise<StatusBody> =>
  eventually(
    async () => {
      const { body } = await call<StatusBody>(`/api/deployments/${id}`);
      return !body.is_active && body;
    },
    { timeoutMs },
  );
/** Of the app that was deployed: its page, and what Slipway says of it. */
const app = async () => {
  const { name, status, active_release, instance, url } = (await call<ServiceView>('/api/services/flask-hello')).body;
  return { name, status, active_release, instance, page: await (await fetch(url!)).text() };
};

async function call<T>(path: string, body?: unknown): Promise<Answer<T>> {
  const answer = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', 'Accept-Language': 'en' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}

describe('docker-compose.yml', () => {
  it('every service in docker-compose.yml is hardened and pinned, and ports are open only on the loopback address', async () => {
    const { services } = JSON.parse(
      await compose('--file', join(PROJECT, 'docker-compose.yml'), 'config', '--format=json'),
    ) as { services: Record<string, Service> };
    expect(Object.keys(services)).toHaveLength(7);
    for (const [name, service] of Object.entries(services)) {
      const { cap_drop: dropped, security_opt: options, read_only: isReadOnly } = service;
      expect([name, dropped, options, isReadOnly]).toEqual([name, ['ALL'], ['no-new-privileges:true'], true]);
    }
    for (const [name, { image, restart, healthcheck, ports = [], environment = {} }] of Object.entries(services)) {
      expect(image).toMatch(/:\d+\.\d+/);
      for (const { host_ip: ip } of ports) expect(ip).toBe('127.0.0.1');
      for (const value of secrets()) expect(Object.values(environment)).not.toContain(value);
      if (ONE_SHOT.includes(name)) expect(restart).toBe('on-failure:5');
      else expect([name, restart, typeof healthcheck]).toEqual([name, 'unless-stopped', 'object']);
    }
  });
});

describe('the worker’s environment in docker-compose.yml', () => {
  const PASSED = ['SLIPWAY_PYTHON_IMAGE', 'DOCKER_BUILDKIT', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  const told = async (given: Record<string, string>): Promise<Record<string, string | null>> => {
    const unset = Object.fromEntries(PASSED.map((name) => [name, undefined]));
    const { stdout } = await execa(join(home, 'docker'), ['compose', 'config', '--format=json'], {
      cwd: home,
      env: { ...env, ...unset, ...given },
    });
    const { services } = JSON.parse(stdout) as { services: { worker: { environment: Record<string, string | null> } } };
    return services.worker.environment;
  };

  it('the worker gets the host’s settings for mirrors, builder, proxies and log retention', async () => {
    const given = Object.fromEntries([...PASSED, 'SLIPWAY_RETENTION_DAYS'].map((name, index) => [name, `${index}`]));
    expect(await told(given)).toMatchObject(given);
  });

  it('the worker gets no value for a setting that the host doesn’t set', async () => {
    const environment = await told({});
    for (const name of PASSED) expect([name, environment[name] ?? null]).toEqual([name, null]);
  });
});

describe('the Slipway image', () => {
  beforeAll(buildSlipwayImage);

  it('the image runs as the user slipway, who can write the data folder but not the program folder', async () => {
    const inside = (command: string) => docker('run', '--rm', SLIPWAY_IMAGE, 'sh', '-c', command);
    expect(await inside('id -un; touch /var/lib/slipway/a && echo yes')).toBe('slipway\nyes');
    expect(await inside('touch /opt/slipway/a 2>&1 || echo no')).toMatch(/no$/);
  });

  it('the image contains no tests, sources or build tools, and adds less than 295 MiB to its base', async () => {
    const files = await docker(
      'run',
      '--rm',
      SLIPWAY_IMAGE,
      'sh',
      '-c',
      'ls; ls node_modules node_modules/@temporalio',
    );
    expect(files.split('\n')).toEqual(expect.arrayContaining(['dist', 'examples', 'package.json', 'worker']));
    for (const name of ['src', 'test', 'deploy', '.git', 'typescript', 'jest', 'eslint'])
      expect(files.split('\n')).not.toContain(name);
    const sizes = await Promise.all(
      [SLIPWAY_IMAGE, BASE_IMAGE].map((image) => docker('image', 'inspect', '--format={{.Size}}', image)),
    );
    const addedMiB = (Number(sizes[0]) - Number(sizes[1])) / 1024 ** 2;
    printLine(
      `Slipway's image is ${Math.round(addedMiB)} MiB above its base: git, Python, 94 MiB of its own, and 44 MiB of Temporal's Web UI`,
    );
    expect(addedMiB).toBeLessThan(295);
  });
});

describe('a running Compose stack', () => {
  beforeAll(async () => {
    await buildStandIns();
    await compose('up', '--detach', '--no-build', '--wait', '--wait-timeout=180');
    key = (await compose('exec', '-T', 'api', 'cat', '/var/lib/slipway/admin.key')).trim();
  });

  it('all long-running containers become healthy, and all one-time jobs exit with 0', async () => {
    const rows = (await compose('ps', '--all', '--format=json')).trim().split('\n');
    const states = rows.map(
      (row) => JSON.parse(row) as { Service: string; State: string; Health: string; ExitCode: number },
    );
    expect(states).toHaveLength(7);
    for (const { Service, State, Health, ExitCode } of states) {
      if (ONE_SHOT.includes(Service)) expect([Service, State, ExitCode]).toEqual([Service, 'exited', 0]);
      else expect([Service, State, Health]).toEqual([Service, 'running', 'healthy']);
    }
    expect(await isReady()).toBe(true);
  });

  it('the health endpoint reports why process modes are unavailable', async () => {
    const { status, body } = await call<{
      api_status: string;
      deployment_managers: Record<string, { status: string; reason?: string }>;
    }>('/api/deployment/health');
    expect([status, body.api_status]).toEqual([200, 'ready']);
    for (const mode of ['uv', 'fallback']) {
      expect(body.deployment_managers[mode]!.status).toBe('unavailable');
      expect(body.deployment_managers[mode]!.reason).toMatch(/does not offer the mode .*SLIPWAY_MODES=docker/);
    }
    expect(body.deployment_managers['docker']).toEqual({ status: 'available' });
  });

  it('a deployment in a process mode is refused, and a deployment with another process mode as a fallback fails', async () => {
    const config = { source: { type: 'directory', path: '/opt/slipway/examples/flask-hello' } };
    const refused = await call<{ code: string; detail: string; hint: string }>('/api/deployments', {
      mode: 'uv',
      config,
    });
    expect(refused).toMatchObject({ status: 503, body: { code: 'tool_missing' } });
    expect(refused.body.detail).toContain('does not offer the mode uv');
    const started = await call<{ deployment_id: string }>('/api/deployments', {
      mode: 'uv',
      config: { ...config, fallback_modes: ['fallback'] },
    });
    expect(started.status).toBe(202);
    const ended = await untilEnded(started.body.deployment_id, 30_000);
    expect(ended.status).toBe('failed');
    expect(ended.error!.message).toContain('does not offer the mode');
  });

  it('a deployment in auto mode runs as a container, and its page answers on the host', async () => {
    const started = await call<{ deployment_id: string }>('/api/deployments', {
      mode: 'auto',
      config: {
        source: { type: 'directory', path: '/opt/slipway/examples/flask-hello' },
        environment_variables: { TOKEN: APP_SECRET },
      },
    });
    const ended = await untilEnded(started.body.deployment_id, 120_000);
    expect(ended).toMatchObject({ status: 'completed', attempts: [{ mode: 'docker', status: 'completed' }] });
    expect(await (await fetch(ended.url!)).text()).toContain(`Release: ${ended.deployment_id}`);
  });

  it('no secret appears in the engine’s description of a container', async () => {
    for (const service of ['api', 'worker', 'temporal', 'postgres']) {
      const told = await inspected(service, '{{json .}}');
      for (const value of secrets()) expect(told).not.toContain(value);
    }
  });

  it('Temporal refuses clients without a certificate, and its own command line works', async () => {
    const address = (await compose('port', 'temporal', '7233')).trim();
    expect(address).toMatch(/^127\.0\.0\.1:/);
    const networks = JSON.parse(await inspected('temporal', '{{json .NetworkSettings.Networks}}')) as Networks;
    const inside = Object.values(networks).flatMap(({ IPAddress: ip }) => [`${ip}:7233`, `${ip}:7243`, `${ip}:6933`]);
    const client = join(home, 'client');
    await compose('cp', 'api:/certificates/client', client);
    const serverCaPath = join(client, 'ca.pem');
    for (const place of [address, ...inside]) {
      for (const tls of [undefined, { serverCaPath, serverName: SERVER_NAME }]) {
        const options = await connectionOptions({ address: place, namespace: 'default', ...(tls && { tls }) });
        await expect(Connection.connect({ ...options, connectTimeout: '2s' })).rejects.toThrow();
      }
      const answer = await fetch(`http://${place}/api/v1/namespaces`).catch(() => undefined);
      about(place, () => {
        expect(answer?.ok ?? false).toBe(false);
      });
    }
    expect(await compose('run', '--rm', '-T', 'temporal-cli', 'workflow', 'list')).toContain('gate');
  });

  it('Temporal’s Web UI requires a Slipway session', async () => {
    expect((await fetch(`${url}/temporal/`)).status).toBe(200);
    const namespaces = '/temporal/api/v1/namespaces';
    expect((await fetch(`${url}${namespaces}`)).status).toBe(401);
    const { body } = await call<{ code: string }>('/api/login-codes', {});
    const { token } = (await call<{ token: string }>('/api/sessions', { code: body.code })).body;
    const listed = await fetch(`${url}${namespaces}`, { headers: { Authorization: `Bearer ${token}` } });
    expect(listed.status).toBe(200);
    expect(await listed.text()).toContain('default');
  });

  it('the client certificate stays the same when the certificate job runs again', async () => {
    const certificate = () => compose('exec', '-T', 'api', 'cat', '/certificates/client/client.pem');
    const before = await certificate();
    await compose('up', '--detach', '--no-build', '--wait', '--wait-timeout=180');
    expect(await certificate()).toBe(before);
  });

  it('only the Temporal container has the server’s certificate key', async () => {
    for (const service of ['api', 'worker', 'postgres']) {
      const mounts = await inspected(service, '{{range .Mounts}}{{.Destination}} {{end}}');
      expect(mounts).not.toContain('/certificates/server');
    }
    expect(await compose('exec', '-T', 'api', 'ls', '/certificates/client')).toBe('ca.pem\nclient.key\nclient.pem');
  });

  it.each(['worker', 'api', 'temporal', 'postgres'])(
    'the stack recovers after its %s was killed, and the app keeps running',
    async (service) => {
      const before = await app();
      const state = await inspected(service, '{{.State.Pid}} {{.RestartCount}}');
      const [pid, restarts] = state.split(' ').map(Number);
      process.kill(pid!, 'SIGKILL'); // by the engine it would count as stopped by hand
      await eventually(async () => Number(await inspected(service, '{{.RestartCount}}')) === restarts! + 1, {
        timeoutMs: 30_000,
      });
      await eventually(async () => (await inspected(service, '{{.State.Health.Status}}')) === 'healthy', {
        timeoutMs: 60_000,
      });
      await eventually(isReady, { timeoutMs: 60_000 });
      expect(await app()).toEqual(before);
    },
  );

  it('the deployments and the app stay the same across a stop and a start of the stack', async () => {
    const before = [await ids(), await app()];
    expect(before[0]).toHaveLength(2);
    await compose('down', '--timeout=15');
    await compose('up', '--detach', '--no-build', '--wait', '--wait-timeout=180');
    expect([await ids(), await app()]).toEqual(before);
  });

  it('variables sealed with the earlier secret key can be opened after a change of the key', async () => {
    const [earlier] = secrets();
    const { instance } = await app();
    await shell(documented('rotate-keys.md', 'A new secret key')[0]!);
    const [now, kept] = secrets();
    expect([now === earlier, kept]).toEqual([false, earlier]);
    await docker('rm', '--force', await containerOf(instance!));
    const next = await eventually(
      async () => {
        const { instance: found, status } = await app();
        return found !== instance && status === 'running' && found;
      },
      { timeoutMs: 60_000 },
    );
    expect(await docker('inspect', '--format={{json .Config.Env}}', await containerOf(next))).toContain(APP_SECRET);
  });

  it('the deployments and the app are restored from a backup after all volumes were removed', async () => {
    const [backup, restore] = documented('back-up.md', 'Backups');
    const before = [await ids(), await app()];
    await shell(backup!);
    await compose('down', '--volumes', '--timeout=15');
    await shell(restore!);
    expect([await ids(), await app()]).toEqual(before);
  });

  it('no secret appears in the logs of the stack', async () => {
    const logs = await compose('logs', '--no-color');
    for (const value of [...secrets(), key, APP_SECRET]) expect(logs).not.toContain(value);
  });
});

it('the tests use the Temporal version that docker-compose.yml pins', () => {
  const text = readFileSync(join(PROJECT, 'docker-compose.yml'), 'utf8');
  expect(text).toContain(`temporalio/server:${TEMPORAL_SERVER.version}\n`);
  expect(text).toContain(`TEMPORAL_TLS_SERVER_NAME: ${SERVER_NAME}\n`);
});
