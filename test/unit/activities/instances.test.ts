import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { createInstances, type InstancePorts } from '../../../src/activities/instances.js';
import { disk } from '../../../src/activities/ports/disk-port.js';
import { http } from '../../../src/activities/ports/http-port.js';
import { createLogs } from '../../../src/activities/ports/log-port.js';
import { createTools } from '../../../src/activities/ports/tools.js';
import type { HostSettings } from '../../../src/activities/settings.js';
import { appDir, deploymentLog, environmentDir, instanceDir } from '../../../src/contract/layout.js';
import { MODES } from '../../../src/contract/states.js';
import type { HealthSpec, InstanceObservation, InstanceSpec, StartedInstance } from '../../../src/contract/steps.js';
import { createSecrets, newCallbackSecret, newSecretKey } from '../../../src/secrets.js';
import { eventually } from '../../support/eventually.js';
import { noEngine } from '../../support/no-engine.js';
import { createHost, HEALTH, PATH, SERVICE, type Host } from '../../support/host.js';
import { fixtureApp, isRunning, KEEPER, pidIn } from '../../support/processes.js';

const logger = new DefaultLogger('ERROR');
const secrets = createSecrets(newSecretKey());
let host: Host;
let instances: ReturnType<typeof createInstances>;
let activity: MockActivityEnvironment;
let ports: InstancePorts;
let settings: HostSettings;
const strangers: ChildProcess[] = [];

beforeEach(() => {
  host = createHost();
  activity = new MockActivityEnvironment({}, { logger });
  settings = {
    isolation: 'any',
    processUser: 'root',
    hostId: 'h1',
    modes: MODES,
    layout: host.layout,
    sourceRoots: [],
    retentionDays: 365,
    language: 'en',
    secrets,
    callbackSecret: newCallbackSecret(),
    toolEnvironment: { PATH, LANG: 'C.UTF-8' },
    pythonImage: 'python:3.11-slim',
  };
  const tools = createTools(KEEPER);
  ports = { processes: host.processes, ...noEngine(host.layout), http, disk, tools, logs: createLogs(host.layout) };
  instances = createInstances(ports, settings);
});
afterEach(async () => {
  strangers.splice(0).forEach((child) => child.kill('SIGKILL'));
  await host.close();
});

interface Wish {
  kind?: InstanceSpec['kind'];
  port?: number;
  variables?: Record<string, string>;
  health?: Partial<HealthSpec>;
  command?: string;
}

/** A fixture app, released as the deployment of its own name. */
function specOf(
  app: string,
  { kind = 'web', port, variables = {}, health, command = 'python main.py' }: Wish = {},
): InstanceSpec {
  host.release(app, app);
  const sealed = Object.entries(variables).map(([name, value]) => [
    name,
    secrets.seal(value, { service: SERVICE, name }),
  ]);
  return {
    service: SERVICE,
    deploymentId: app,
    mode: 'fallback',
    environment: 'dev',
    environmentKey: 'none',
    command,
    kind,
    port,
    variables: Object.fromEntries(sealed) as Record<string, string>,
    health: { ...HEALTH, ...health },
  };
}

const start = (spec: InstanceSpec, instanceId = 'i1', preferPort?: number): Promise<StartedInstance> =>
  activity.run(() => instances.startInstance({ instanceId, spec, preferPort }));

const awaitHealthy = (spec: InstanceSpec, { instanceId, port }: StartedInstance): Promise<void> =>
  activity.run(() => instances.awaitHealthy({ instanceId, spec, port, logInto: { deploymentId: spec.deploymentId } }));

const stop = (instanceId: string): Promise<InstanceObservation> =>
  activity.run(() => instances.stopInstance({ instanceId, mode: 'uv' }));

async function deploy(spec: InstanceSpec): Promise<StartedInstance> {
  const instance = await start(spec);
  await awaitHealthy(spec, instance);
  return instance;
}

describe('starts of instances', () => {
  it('a start runs the command in the release folder with the decrypted variables of the request', async () => {
    const variables = { GREETING: 'hello "you" 空' };
    const spec = specOf('exits-zero', {
      variables,
      command: 'pwd -P; echo "$GREETING"; echo "$HOME"; exec sleep 3600',
    });
    await start(spec);
    const lines = await eventually(async () => {
      const tail = await host.processes.logTail(SERVICE, 'i1', 5);
      return tail.length === 3 ? tail : undefined;
    });
    expect(lines[0]).toBe(fixtureApp('exits-zero'));
    expect(lines.slice(1)).toEqual(['********', `${host.layout.homes}/${SERVICE}`]);
  });

  it('a repeated start returns the instance that is already running', async () => {
    const spec = specOf('answers-200');
    const first = await start(spec);
    expect(await start(spec)).toEqual(first);
  });

  it('a repeated start after the app has exited doesn’t start the app again', async () => {
    const spec = specOf('exits-at-once');
    const first = await start(spec);
    await host.processes.waitGone('i1');
    expect(await start(spec)).toEqual(first);
    expect(host.processes.isAlive('i1')).toBe(false);
  });

  it('a start uses the preferred port if the port is free, and another port otherwise', async () => {
    const spec = specOf('answers-200');
    const { port } = await deploy(spec);
    const second = await start(spec, 'i2', port);
    expect(second.port).not.toBe(port);
    await stop('i1');
    expect((await start(spec, 'i3', port)).port).toBe(port);
  });

  it('a start fails with port_unavailable if another process listens on the fixed port', async () => {
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(18_573, '127.0.0.1', resolve));
    try {
      await expect(start(specOf('fixed-port', { port: 18_573 }))).rejects.toMatchObject({
        code: 'port_unavailable',
        params: { port: 18_573 },
        retryable: false,
      });
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
  });
});

describe('startability of kept releases', () => {
  const check = (spec: InstanceSpec, isolation?: 'container') =>
    activity.run(() => instances.checkStartable({ spec, ...(isolation && { isolation }) }));

  it('a check of a kept release fails if its files or its environment are missing or its isolation differs', async () => {
    const spec = specOf('answers-200');
    const environment = environmentDir(host.layout, spec.environmentKey);
    await expect(check(spec)).rejects.toMatchObject({
      text: 'service.release_files_gone',
      params: { path: environment },
    });
    mkdirSync(environment, { recursive: true });
    await check(spec);
    await expect(check(spec, 'container')).rejects.toMatchObject({ text: 'isolation.service' });
    await rm(appDir(host.layout, spec), { recursive: true });
    await expect(check(spec)).rejects.toMatchObject({ text: 'service.release_files_gone' });
  });
});

describe('healthy web apps', () => {
  it.each(['answers-200', 'answers-422', 'listens-on-ipv6'])(
    'a web app that responds with a status below 500 on its own port is healthy: %s',
    async (app) => {
      await deploy(specOf(app));
    },
  );

  it('a web app with a fixed port is started on that port and becomes healthy', async () => {
    expect((await deploy(specOf('fixed-port', { port: 18_573 }))).port).toBe(18_573);
  });

  it('a web app with a skipped health check is healthy without a probe', async () => {
    await deploy(specOf('never-listens', { health: { skip: true } }));
  });
});

describe('unhealthy web apps', () => {
  it('a web app that responds with an unexpected status is unhealthy', async () => {
    const spec = specOf('answers-422', { health: { expect: [200], timeoutMs: 1000 } });
    await expect(deploy(spec)).rejects.toMatchObject({
      code: 'health_check_failed',
      params: { seconds: 1, reason: 'HTTP 422' },
    });
  });

  it('a web app that responds with a 5xx status is unhealthy, and the error contains the last lines of its log', async () => {
    const spec = specOf('never-healthy', { health: { timeoutMs: 1000 } });
    await expect(deploy(spec)).rejects.toMatchObject({
      code: 'health_check_failed',
      params: { reason: 'HTTP 503' },
      logTail: expect.arrayContaining(['warming up']),
    });
  });

  it('a web app that never listens is unhealthy', async () => {
    const spec = specOf('never-listens', { health: { timeoutMs: 500 } });
    await expect(deploy(spec)).rejects.toMatchObject({
      code: 'health_check_failed',
      text: 'health_check_failed.no_port',
      params: { reason: 'ECONNREFUSED' },
    });
  });

  it('a web app that listens on another port is unhealthy, and the error contains that port', async () => {
    const script =
      'import http.server as h; s = h.HTTPServer(("127.0.0.1", 0), h.SimpleHTTPRequestHandler); s.serve_forever()';
    const spec = specOf('never-listens', { command: `python3 -c '${script}'`, health: { timeoutMs: 2000 } });
    await expect(deploy(spec)).rejects.toMatchObject({
      text: 'health_check_failed.other_port',
      params: { reason: 'ECONNREFUSED', found: expect.stringMatching(/^\d+$/) },
    });
  });

  it('a web app that serves TLS on its port is unhealthy, and the error names TLS', async () => {
    const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(host.layout.root, name));
    const days = ['-days', '1', '-subj', '/CN=localhost'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key!, '-out', certificate!, ...days],
      {
        stdio: 'ignore',
      },
    );
    const script = [
      'import http.server as h, os, ssl',
      's = h.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), h.SimpleHTTPRequestHandler)',
      'c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)',
      `c.load_cert_chain("${certificate}", "${key}")`,
      's.socket = c.wrap_socket(s.socket, server_side=True)',
      's.serve_forever()',
    ].join('; ');
    const spec = specOf('never-listens', { command: `python3 -c '${script}'`, health: { timeoutMs: 2000 } });
    await expect(deploy(spec)).rejects.toMatchObject({ text: 'health_check_failed.tls' });
  });

  it.each([
    ['exits-at-once', 'app_exited', 'exit 3', ['no database configured']],
    ['exits-zero', 'app_exited.by_itself', 'exit 0', ['nothing to do']],
  ])(
    'a web app that exits fails its health check with the exit code and the last lines of the log: %s',
    async (app, text, exit, logTail) => {
      await expect(deploy(specOf(app))).rejects.toMatchObject({ code: 'app_exited', text, params: { exit }, logTail });
    },
  );

  it('a web app fails its health check with port_unavailable if another process answers on its port', async () => {
    const spec = specOf('never-listens');
    const instance = await start(spec);
    const address = `('127.0.0.1', ${String(instance.port)})`;
    const server = `from http.server import *; HTTPServer(${address}, SimpleHTTPRequestHandler).serve_forever()`;
    strangers.push(spawn('python3', ['-c', server], { stdio: 'ignore' }));
    await expect(awaitHealthy(spec, instance)).rejects.toMatchObject({
      code: 'port_unavailable',
      params: { port: instance.port },
    });
  });
});

describe('health checks of workers', () => {
  it('a worker is healthy after the minimum uptime', async () => {
    const instance = await deploy(specOf('ignores-sigterm', { kind: 'worker' }));
    expect(Date.now() - Date.parse(instance.startedAt)).toBeGreaterThanOrEqual(HEALTH.minUptimeMs);
    expect(instance.port).toBeUndefined();
  });

  it('a worker that exits fails its health check, even with exit code 0', async () => {
    await expect(
      deploy(specOf('exits-zero', { kind: 'worker', health: { minUptimeMs: 30_000 } })),
    ).rejects.toMatchObject({
      code: 'app_exited',
      params: { exit: 'exit 0' },
    });
  });

  it('a worker whose keeper is killed fails its health check, and its processes are ended', async () => {
    const spec = specOf('setsid-child', { kind: 'worker', health: { minUptimeMs: 60_000 } });
    const instance = await start(spec);
    const child = await eventually(async () => pidIn(await host.processes.logTail(SERVICE, 'i1', 5)));
    const waiting = awaitHealthy(spec, instance);
    process.kill((await host.processes.readRecord('i1'))!.keeperPid, 'SIGKILL');
    await expect(waiting).rejects.toMatchObject({ code: 'app_exited', params: { exit: 'keeper lost' } });
    expect(isRunning(child)).toBe(false);
  });
});

it('a cancelled health check ends at once and doesn’t stop the app', async () => {
  const spec = specOf('never-listens');
  const instance = await start(spec);
  const waiting = awaitHealthy(spec, instance);
  activity.cancel();
  await expect(waiting).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(host.processes.isAlive('i1')).toBe(true);
});

describe('app output in the log of a deployment', () => {
  const copied = (deploymentId: string): string[] =>
    readFileSync(deploymentLog(host.layout, deploymentId), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { line: string }).line);

  it('the output of an app is copied to the log of the deployment in order', async () => {
    await deploy(specOf('answers-200', { command: 'echo one; echo two >&2; exec python main.py' }));
    expect(copied('answers-200').slice(0, 3)).toEqual(['one', 'two', 'listening']);
  });

  it('a retried health check continues to copy the output where the previous attempt ended', async () => {
    const spec = specOf('ignores-sigterm', {
      kind: 'worker',
      command: 'echo first; echo second; exec sleep 3600',
      health: { minUptimeMs: 500 },
    });
    const instance = await start(spec);
    await awaitHealthy(spec, instance);
    const { next } = await host.processes.readLog(SERVICE, 'i1');
    const retry = new MockActivityEnvironment({ heartbeatDetails: next }, { logger });
    await retry.run(() =>
      instances.awaitHealthy({ instanceId: 'i1', spec, logInto: { deploymentId: spec.deploymentId } }),
    );
    expect(copied(spec.deploymentId)).toEqual(['first', 'second']);
  });

  it('output that can’t be copied is reported as a warning and fails neither the health check nor the worker', async () => {
    const spec = specOf('ignores-sigterm', { kind: 'worker' });
    const instance = await start(spec);
    await eventually(async () => (await host.processes.logTail(SERVICE, 'i1', 1)).length > 0);
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const warnings: LogEntry[] = [];
    const logged = new MockActivityEnvironment(
      {},
      { logger: new DefaultLogger('WARN', (entry) => warnings.push(entry)) },
    );
    const broken = createInstances(
      { ...ports, logs: { ...ports.logs, write: () => Promise.reject(new Error('the disk refuses')) } },
      settings,
    );
    const input = { instanceId: instance.instanceId, spec, logInto: { deploymentId: spec.deploymentId } };
    await logged.run(() => broken.awaitHealthy(input));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(warnings).toMatchObject([{ meta: { instanceId: 'i1', error: { message: 'the disk refuses' } } }]);
  });
});

describe('stops of instances', () => {
  it('a stop ends the whole process tree, returns the exit and the last lines, and removes the instance', async () => {
    await start(specOf('setsid-child', { kind: 'worker' }));
    const child = await eventually(async () => pidIn(await host.processes.logTail(SERVICE, 'i1', 5)));
    expect(await stop('i1')).toMatchObject({
      alive: false,
      exit: { signal: 'SIGTERM', reason: 'stopped' },
      logTail: [`child ${String(child)}`],
    });
    expect(isRunning(child)).toBe(false);
    expect(await host.processes.listInstances()).toEqual([]);
  });

  it('a stop of an unknown instance succeeds', async () => {
    expect(await stop('nobody')).toEqual({
      instanceId: 'nobody',
      alive: false,
      exit: undefined,
      logTail: [],
    });
  });

  it('a stop ends the remaining processes of an instance whose keeper was killed', async () => {
    await start(specOf('setsid-child', { kind: 'worker' }));
    const child = await eventually(async () => pidIn(await host.processes.logTail(SERVICE, 'i1', 5)));
    process.kill((await host.processes.readRecord('i1'))!.keeperPid, 'SIGKILL');
    const stopped = await stop('i1');
    expect(stopped.exit).toMatchObject({ reason: 'keeper_lost' });
    expect(isRunning(child)).toBe(false);
  });

  it('a stop ends instances with a frozen keeper, with or without an instance record', async () => {
    const spec = specOf('setsid-child', { kind: 'worker' });
    await Promise.all([start(spec), start(spec, 'i2')]);
    const left: number[] = [];
    for (const instanceId of ['i1', 'i2']) {
      left.push(await eventually(async () => pidIn(await host.processes.logTail(SERVICE, instanceId, 5))));
      const { keeperPid, appPid } = (await host.processes.readRecord(instanceId))!;
      left.push(keeperPid, appPid);
      process.kill(keeperPid, 'SIGSTOP');
    }
    await rm(join(instanceDir(host.layout, 'i2'), 'instance.json'));
    const [first] = await Promise.all([stop('i1'), stop('i2')]);
    expect(first.exit).toMatchObject({ reason: 'keeper_lost' });
    expect(left.filter(isRunning)).toEqual([]);
    expect(await host.processes.listInstances()).toEqual([]);
  });
});

it('the data of a stopped container isn’t copied if the data is about to be discarded', async () => {
  const done = () => Promise.resolve(undefined);
  const record = { instanceId: 'c1', service: SERVICE, deploymentId: 'd1', kind: 'worker', health: HEALTH };
  const asked: string[] = [];
  const containers = {
    ...{ requestStop: done, waitGone: done, forget: done },
    readExit: () => Promise.resolve({ code: 0 }),
    readRecord: () => Promise.resolve(record),
    logTail: () => Promise.resolve([]),
    dataOf: (instanceId: string) => Promise.resolve(void asked.push(instanceId)),
  };
  const engine = { status: () => Promise.resolve({ state: 'up' }) };
  const on = createInstances({ ...ports, containers, engine } as unknown as InstancePorts, settings);
  const stopped = { instanceId: 'c1', mode: 'docker' } as const;
  await activity.run(() => on.stopInstance({ ...stopped, discardsData: true }));
  expect(asked).toEqual([]);
  await activity.run(() => on.stopInstance(stopped));
  expect(asked).toEqual(['c1']);
});

describe('strays of an earlier service', () => {
  const strays = (of: InstancePorts): Promise<void> =>
    activity.run(() => createInstances(of, settings).stopStrays({ service: SERVICE, keep: [] }));

  it('stray instances are stopped although the engine can’t list its containers', async () => {
    await start(specOf('setsid-child', { kind: 'worker' }));
    const listInstances = () => Promise.reject(new Error('the engine denies'));
    await strays({ ...ports, containers: { ...ports.containers, listInstances } });
    expect(await host.processes.listInstances()).toEqual([]);
  });
});
