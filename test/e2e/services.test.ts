import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { itUnless } from '../support/jest/conditions.js';
import { killIfThere, readProc, Slipway } from '../support/slipway.js';
import { cannotTakePids, takePid } from '../support/take-pid.js';

interface EventBody {
  service_name: string;
  event_type: string;
  old_status: string | null;
  new_status: string | null;
  message: string;
  metadata: Record<string, unknown>;
}
interface Accepted {
  service: string;
  command_id: string;
  command: string;
  status: string;
  events_url: string;
}

const NAME = 'answers-200';
let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

const events = async (name = NAME) => (await slipway.call<EventBody[]>(`/api/services/${name}/events`)).body;

/** Sends a command, and waits for the event that says how it went. */
async function command(name: string, body: object = {}): Promise<EventBody> {
  const answer = await slipway.call<Accepted>(`/api/services/${NAME}/${name}`, { body });
  expect(answer).toMatchObject({ status: 202, body: { service: NAME, command: name, status: 'accepted' } });
  const isItsEnd = ({ metadata }: EventBody): boolean => metadata['command_id'] === answer.body.command_id;
  return eventually(async () => (await slipway.call<EventBody[]>(answer.body.events_url)).body.find(isItsEnd), {
    timeoutMs: 60_000,
  });
}
const deploy = async (version: string) => {
  writeFileSync(join(slipway.sources, NAME, 'version.txt'), version);
  const ended = await slipway.run(slipway.app(NAME, {}, { metadata: { initiated_by: `user ${version}` } }));
  expect(ended.status).toBe('completed');
  return ended.deployment_id;
};

describe('service commands', () => {
  it('a restart keeps the service’s address, and a stopped service stays stopped across a Slipway restart until a start', async () => {
    await deploy('1');
    const { url } = await slipway.service(NAME);
    const [pid] = slipway.appProcesses(NAME);
    expect((await command('restart')).event_type).toBe('command_completed');
    expect((await slipway.service(NAME)).url).toBe(url);
    expect((await fetch(url!)).status).toBe(200);
    expect(slipway.appProcesses(NAME)).not.toContain(pid);

    expect((await command('stop')).event_type).toBe('command_completed');
    expect(slipway.appProcesses(NAME)).toEqual([]);
    await expect(fetch(url!)).rejects.toThrow();
    expect((await command('stop')).event_type).toBe('command_completed');

    await slipway.down();
    await slipway.up();
    expect(await slipway.service(NAME)).toMatchObject({ status: 'stopped', health: 'unknown', restarts: 0 });
    expect(slipway.appProcesses(NAME)).toEqual([]);
    expect((await command('start')).event_type).toBe('command_completed');
    const started = await eventually(async () => {
      const view = await slipway.service(NAME);
      return view.health === 'healthy' && view; // unknown while a busy host's beat is late
    });
    expect(started.status).toBe('running');
    expect((await fetch(started.url!)).status).toBe(200);
  });

  it('a rollback activates the previous release or a named kept release', async () => {
    const first = await deploy('2');
    const second = await deploy('3');
    const third = await deploy('4');
    expect((await command('rollback')).event_type).toBe('command_completed');
    const after = await slipway.service(NAME);
    expect(after).toMatchObject({ status: 'running', active_release: second });
    expect((await fetch(after.url!)).status).toBe(200);
    expect((await command('rollback', { release: first })).event_type).toBe('command_completed');
    expect((await slipway.service(NAME)).active_release).toBe(first);
    const { body } = await slipway.call<{ release: string; active: boolean; deployed_by: string }[]>(
      `/api/services/${NAME}/releases`,
    );
    expect(body.map(({ release }) => release)).toContain(third);
    expect(body.find(({ active }) => active)).toMatchObject({ release: first, deployed_by: 'user 2' });
    expect(slipway.appProcesses(NAME).length).toBeGreaterThan(0);
  });

  it('the event list contains the service’s history in the language of the request', async () => {
    const told = await events();
    expect(told[0]).toMatchObject({ service_name: NAME, event_type: 'service_registered' });
    expect(told.find(({ event_type }) => event_type === 'release_rolled_back')?.message).toMatch(/^已回復到版本 uv_/);
    expect(told.find(({ event_type }) => event_type === 'status_changed')).toMatchObject({
      old_status: 'created',
      new_status: 'running',
    });
    const { body } = await slipway.call<EventBody[]>(`/api/services/${NAME}/events?limit=1`, {
      headers: { 'Accept-Language': 'en' },
    });
    expect(body).toHaveLength(1);
    expect((await slipway.call(`/api/services/${NAME}/events?limit=0`)).status).toBe(422);
  });

  it('discovery lists a service with its health in its group, and Slipway in the first group', async () => {
    const { body: groups } = await slipway.call<Record<string, { name: string }[]>>('/api/services/discovery');
    expect(Object.keys(groups)).toEqual(['deployment_services', 'sub_bot_services', 'ai_services', 'other_services']);
    expect(groups['deployment_services']).toMatchObject([{ name: 'DeploymentServiceAPI', status: 'running' }]);
    expect(groups['other_services']).toMatchObject([{ name: NAME, kind: 'web', status: 'running', health: 'healthy' }]);
    expect((await slipway.call(`/api/services/${NAME}/health`)).body).toMatchObject({
      service_name: NAME,
      status: 'healthy',
      details: { status: 'running' },
    });
    for (const path of ['', '/health', '/events'])
      expect((await slipway.call(`/api/services/DeploymentServiceAPI${path}`)).status).toBe(200);
  });
});

/** Ends at once while a file of that name is there. */
const NEEDS_REST = `
import os, time
if os.path.exists("{broken}"):
    raise SystemExit(3)
time.sleep(3600)
`;

it('an app that exits repeatedly is restarted with a delay, and becomes healthy when its error is fixed', async () => {
  const source = join(slipway.sources, 'needs-rest');
  const broken = join(slipway.home, 'broken');
  mkdirSync(source);
  writeFileSync(join(source, 'main.py'), NEEDS_REST.replace('{broken}', broken));
  const deployed = await slipway.run({
    mode: 'fallback',
    config: {
      source: { type: 'directory', path: source },
      health_check: { min_uptime: 0.5 },
      restart: { backoff_max: '2s' },
    },
  });
  expect(deployed.status).toBe('completed');
  writeFileSync(broken, '');
  for (const pid of slipway.appProcesses('needs-rest')) killIfThere(pid);
  const gaveUp = await eventually(
    async () => (await events('needs-rest')).find(({ event_type: type }) => type === 'recovery_gave_up'),
    { timeoutMs: 60_000 },
  );
  expect(gaveUp.message).toMatch(/^應用程式一再結束（exit 3）：下次啟動時間是 \d{4}-/);
  expect(gaveUp.metadata).toMatchObject({ how: 'exit 3', next_start: expect.stringMatching(/^\d{4}-.*Z$/) });
  rmSync(broken);
  const up = await eventually(
    async () => {
      const service = await slipway.service('needs-rest');
      return service.health === 'healthy' && service;
    },
    { timeoutMs: 30_000 },
  );
  expect(up).toMatchObject({ status: 'running' });
  expect(up).not.toHaveProperty('next_start');
  expect(up).not.toHaveProperty('message');
});

it('a deployment with config.supersede cancels older deployments of the service', async () => {
  const slow = slipway.app('long-build', { service: 'hurried' });
  const { deployment_id: older } = await slipway.deploy(slow);
  await slipway.untilStep(older, 'install');
  const newer = await slipway.run(slipway.app(NAME, { service: 'hurried', supersede: true }));
  expect(await slipway.ended(older)).toMatchObject({ status: 'cancelled', error: { code: 'superseded' } });
  expect(newer.status).toBe('completed');
  expect((await slipway.service('hurried')).active_release).toBe(newer.deployment_id);
});

describe('refused service commands', () => {
  it.each<[string, string, unknown, number, string]>([
    ['for an unknown service', '/api/services/nobody/restart', {}, 404, 'not_found'],
    ['for a release that doesn’t exist', `/api/services/${NAME}/rollback`, { release: 'gone' }, 404, 'not_found'],
    ['for Slipway itself', '/api/services/DeploymentServiceAPI/stop', {}, 409, 'reserved'],
    ['with an unknown field', `/api/services/${NAME}/stop`, { release: 'x' }, 422, 'invalid'],
    ['with a release that isn’t text', `/api/services/${NAME}/rollback`, { release: 7 }, 422, 'invalid'],
    ['with an unknown query parameter', `/api/services/${NAME}/stop?force=true`, {}, 422, 'invalid'],
    ['for an invalid service name', '/api/services/..%2F..%2Fetc/stop', {}, 404, 'not_found'],
  ])('a command %s is refused and adds no event', async (_what, path, body, status, code) => {
    const before = await events();
    expect(await slipway.call(path, { body })).toMatchObject({ status, body: { code } });
    expect(await events()).toEqual(before);
  });

  it('a refused command returns a specific error for a missing release and for Slipway itself', async () => {
    const command = async (service: string, name: string) =>
      (
        await slipway.call<{ detail: string; hint: string }>(`/api/services/${service}/${name}`, {
          body: {},
          headers: { 'Accept-Language': 'en' },
        })
      ).body;
    await slipway.call('/api/services', { body: { name: 'unborn' } });
    expect((await command('unborn', 'rollback')).detail).toBe('unborn has no earlier release to roll back to');
    const itself = await command('DeploymentServiceAPI', 'stop');
    expect(itself.detail).toBe('DeploymentServiceAPI is Slipway itself');
    expect(itself.hint).toContain('docs/how-to/operate.md');
  });

  it('a read key can’t start, stop, restart or roll back a service', async () => {
    const { body: made } = await slipway.call<{ key: string }>('/api/keys', { body: { role: 'read' } });
    for (const name of ['start', 'stop', 'restart', 'rollback']) {
      const answer = await slipway.call(`/api/services/${NAME}/${name}`, { body: {}, key: made.key });
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
  });
});

describe('a process with the reused pid of a dead instance', () => {
  itUnless(cannotTakePids())('a process that reuses the pid of a dead instance is never signalled', async () => {
    await deploy('pids');
    const { dead, strangers, isUpAgain } = await takenOver();
    try {
      await eventually(isUpAgain, { timeoutMs: 30_000 });
      for (const each of ['restart', 'stop', 'start'])
        expect((await command(each)).event_type).toBe('command_completed');
      await deploy('pids again');
      const how = strangers.map(({ pid, exitCode, signalCode }) => ({ pid, exitCode, signalCode }));
      expect(how).toEqual(dead.map((pid) => ({ pid, exitCode: null, signalCode: null })));
    } finally {
      for (const { pid } of strangers) killIfThere(pid!);
    }
  });

  /** Kills the app with its keeper, and the worker, so that the next one sees all of it at once. */
  async function takenOver(
    triesLeft = 3,
  ): Promise<{ dead: number[]; strangers: ChildProcess[]; isUpAgain: () => Promise<boolean> }> {
    const { restarts: before } = await slipway.service(NAME);
    const [app] = slipway.appProcesses(NAME);
    const keeper = Number(/^PPid:\t(\d+)/m.exec(readProc(app!, 'status'))?.[1]);
    expect(slipway.keepers()).toContain(keeper);
    const dead = [app!, keeper];
    process.kill(slipway.ready.pids.worker, 'SIGKILL');
    for (const pid of slipway.appProcesses(NAME)) killIfThere(pid); // its keeper follows by itself
    await eventually(() => dead.every((pid) => !existsSync(`/proc/${pid}`)));
    const isUpAgain = async (): Promise<boolean> => (await slipway.service(NAME)).restarts === before + 1;
    const strangers = dead.map((pid) => takePid(pid)).filter((taken) => taken !== undefined);
    if (strangers.length === dead.length || triesLeft === 0) {
      expect(strangers).toHaveLength(dead.length);
      return { dead, strangers, isUpAgain };
    }
    for (const { pid } of strangers) killIfThere(pid!); // another process of this machine has one of the pids: once more
    await eventually(isUpAgain, { timeoutMs: 30_000 });
    return takenOver(triesLeft - 1);
  }
});
