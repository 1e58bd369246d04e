import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

describe('a start', () => {
  it('runs the command in the release, with the variables of the request opened', async () => {
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

  it('that is repeated finds the app it started', async () => {
    const spec = specOf('answers-200');
    const first = await start(spec);
    expect(await start(spec)).toEqual(first);
  });

  it('that is repeated after the app has ended does not start it again', async () => {
    const spec = specOf('exits-at-once');
    const first = await start(spec);
    await host.processes.waitGone('i1');
    expect(await start(spec)).toEqual(first);
    expect(host.processes.isAlive('i1')).toBe(false);
  });

  it('keeps the preferred port when it is free, and takes another when not', async () => {
    const spec = specOf('answers-200');
    const { port } = await deploy(spec);
    const second = await start(spec, 'i2', port);
    expect(second.port).not.toBe(port);
    await stop('i1');
    expect((await start(spec, 'i3', port)).port).toBe(port);
  });

  it('is refused when a stranger holds the fixed port', async () => {
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

describe('whether a kept release can be started', () => {
  const check = (spec: InstanceSpec, isolation?: 'container') =>
    activity.run(() => instances.checkStartable({ spec, ...(isolation && { isolation }) }));

  it('is told before anything is stopped: by its files, its environment, and its isolation', async () => {
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

describe('a web app is healthy', () => {
  it.each(['answers-200', 'answers-422', 'listens-on-ipv6'])(
    'when it answers below 500 from its own listener: %s',
    async (app) => {
      await deploy(specOf(app));
    },
  );

  it('on its fixed port', async () => {
    expect((await deploy(specOf('fixed-port', { port: 18_573 }))).port).toBe(18_573);
  });

  it('without being asked, when the check is skipped', async () => {
    await deploy(specOf('never-listens', { health: { skip: true } }));
  });
});

describe('a web app is not healthy', () => {
  it('when it answers with a code that is not expected', async () => {
    const spec = specOf('answers-422', { health: { expect: [200], timeoutMs: 1000 } });
    await expect(deploy(spec)).rejects.toMatchObject({
      code: 'health_check_failed',
      params: { seconds: 1, reason: 'HTTP 422' },
    });
  });

  it('when it answers 5xx: the error carries its last lines', async () => {
    const spec = specOf('never-healthy', { health: { timeoutMs: 1000 } });
    await expect(deploy(spec)).rejects.toMatchObject({
      code: 'health_check_failed',
      params: { reason: 'HTTP 503' },
      logTail: expect.arrayContaining(['warming up']) as string[],
    });
  });

  it('when it never listens', async () => {
    const spec = specOf('never-listens', { health: { timeoutMs: 500 } });
    await expect(deploy(spec)).rejects.toMatchObject({
      code: 'health_check_failed',
      text: 'health_check_failed.no_port',
      params: { reason: 'ECONNREFUSED' },
    });
  });

  it('when it listens on another port: the error names it', async () => {
    const script =
      'import http.server as h; s = h.HTTPServer(("127.0.0.1", 0), h.SimpleHTTPRequestHandler); s.serve_forever()';
    const spec = specOf('never-listens', { command: `python3 -c '${script}'`, health: { timeoutMs: 2000 } });
    await expect(deploy(spec)).rejects.toMatchObject({
      text: 'health_check_failed.other_port',
      params: { reason: 'ECONNREFUSED', found: expect.stringMatching(/^\d+$/) as string },
    });
  });

  it('when it speaks TLS', async () => {
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
  ])('when it exits: %s', async (app, text, exit, logTail) => {
    await expect(deploy(specOf(app))).rejects.toMatchObject({ code: 'app_exited', text, params: { exit }, logTail });
  });

  it('when a stranger answers on its port', async () => {
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

describe('a worker', () => {
  it('is healthy when it has stayed up', async () => {
    const instance = await deploy(specOf('ignores-sigterm', { kind: 'worker' }));
    expect(Date.now() - Date.parse(instance.startedAt)).toBeGreaterThanOrEqual(HEALTH.minUptimeMs);
    expect(instance.port).toBeUndefined();
  });

  it('that exits has failed, with code 0 too', async () => {
    await expect(
      deploy(specOf('exits-zero', { kind: 'worker', health: { minUptimeMs: 30_000 } })),
    ).rejects.toMatchObject({
      code: 'app_exited',
      params: { exit: 'exit 0' },
    });
  });

  it('whose keeper is killed has failed, and nothing of it is left', async () => {
    const spec = specOf('setsid-child', { kind: 'worker', health: { minUptimeMs: 60_000 } });
    const instance = await start(spec);
    const child = await eventually(async () => pidIn(await host.processes.logTail(SERVICE, 'i1', 5)));
    const waiting = awaitHealthy(spec, instance);
    process.kill((await host.processes.readRecord('i1'))!.keeperPid, 'SIGKILL');
    await expect(waiting).rejects.toMatchObject({ code: 'app_exited', params: { exit: 'keeper lost' } });
    expect(isRunning(child)).toBe(false);
  });
});

it('a check that is cancelled ends at once, and leaves the app alone', async () => {
  const spec = specOf('never-listens');
  const instance = await start(spec);
  const waiting = awaitHealthy(spec, instance);
  activity.cancel();
  await expect(waiting).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(host.processes.isAlive('i1')).toBe(true);
});

describe("the app's own lines", () => {
  const copied = (deploymentId: string): string[] =>
    readFileSync(deploymentLog(host.layout, deploymentId), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { line: string }).line);

  it('stand in the log of the deployment, in order', async () => {
    await deploy(specOf('answers-200', { command: 'echo one; echo two >&2; exec python main.py' }));
    expect(copied('answers-200').slice(0, 3)).toEqual(['one', 'two', 'listening']);
  });

  it('are copied on from where the try before got to', async () => {
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

  it('that can not be copied are told in the log, and fail neither the check nor the worker', async () => {
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

describe('a stop', () => {
  it('ends the whole tree, tells how, and forgets the instance', async () => {
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

  it('of what is not there is fine', async () => {
    expect(await stop('nobody')).toEqual({
      instanceId: 'nobody',
      alive: false,
      exit: undefined,
      logTail: [],
    });
  });

  it('after the keeper was killed sweeps what is left', async () => {
    await start(specOf('setsid-child', { kind: 'worker' }));
    const child = await eventually(async () => pidIn(await host.processes.logTail(SERVICE, 'i1', 5)));
    process.kill((await host.processes.readRecord('i1'))!.keeperPid, 'SIGKILL');
    const stopped = await stop('i1');
    expect(stopped.exit).toMatchObject({ reason: 'keeper_lost' });
    expect(isRunning(child)).toBe(false);
  });

  it('is not held up by a keeper that is frozen, with a record or before it', async () => {
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

it('what a container saved is not copied where its data goes next', async () => {
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

describe('what an earlier life of a service left', () => {
  const strays = (of: InstancePorts): Promise<void> =>
    activity.run(() => createInstances(of, settings).stopStrays({ service: SERVICE, keep: [] }));

  it('is stopped, also beside an engine that can’t be asked', async () => {
    await start(specOf('setsid-child', { kind: 'worker' }));
    const listInstances = () => Promise.reject(new Error('the engine denies'));
    await strays({ ...ports, containers: { ...ports.containers, listInstances } });
    expect(await host.processes.listInstances()).toEqual([]);
  });
});
