import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countConnectionsTo } from '../../src/activities/ports/proc.js';
import type { StatusBody } from '../../src/contract/views.js';
import { documented } from '../production/documented.js';
import { Caddy, caddyMissing } from '../support/caddy.js';
import { DOCKERFILE, DockerStage, missing as noEngine, request } from '../support/docker-stage.js';
import { eventually } from '../support/eventually.js';
import { callHttp } from '../support/http.js';
import { describeIf } from '../support/jest/conditions.js';
import { startLoad } from '../support/load.js';
import { freePort, isThere, readProc, Slipway } from '../support/slipway.js';

const missing = caddyMissing();
if (missing !== undefined) process.stdout.write(`The tests of the front proxy are skipped: ${missing}\n`);

const APP = 'slow-answers';
/** Routes are right again within this long (docs/how-to/operate.md). */
const HEALS = { timeoutMs: 15_000 };

let caddy: Caddy;
let slipway: Slipway;
let round = 0;

/** A release that differs from the one before it by a variable only. */
const changed = (service: string, config: object = {}, rest: object = {}): object => {
  round += 1;
  const { environment_variables, ...others } = { environment_variables: {}, ...config };
  return slipway.app(
    APP,
    { service, ...others, environment_variables: { ROUND: String(round), ...environment_variables } },
    { ...rest },
  );
};
async function deploy(service: string): Promise<StatusBody> {
  const ended = await slipway.run(changed(service));
  expect(ended).toMatchObject({ status: 'completed' });
  return ended;
}
const pageOf = async (url: string): Promise<string> => (await callHttp(url)).text;
const servers = () => caddy.config<Record<string, { listen: string[] }>>('apps/http/servers');
const operate = (service: string, command: string) => slipway.call(`/api/services/${service}/${command}`, { body: {} });

describeIf(missing === undefined)('services behind a front proxy', () => {
  beforeAll(async () => {
    caddy = await Caddy.start();
    slipway = await Slipway.start({ SLIPWAY_FRONT_ADMIN: caddy.admin });
  });
  afterAll(async () => {
    await slipway.remove();
    await caddy.remove();
  });

  it('a service keeps its address across a switch, and the old instance answers open requests', async () => {
    const first = await deploy('steady');
    const url = first.url!;
    expect(await pageOf(url)).toBe(first.deployment_id);
    const open = callHttp(`${url}/slow?4`);
    await eventually(async () => (await openConnections('steady')) > 0);
    const load = startLoad(url, 50);
    const second = await deploy('steady');
    expect(second.url).toBe(url);
    expect(await pageOf(url)).toBe(second.deployment_id); // its end is told when the route is set
    expect(await open).toMatchObject({ status: 200, text: first.deployment_id });
    expect(await load.stop()).toMatchObject({ failed: [], bodies: [first.deployment_id, second.deployment_id] });
    await eventually(() => instancesOf('steady').length === 1);
  });

  it('a switch without open requests leaves one instance within 1.5 seconds', async () => {
    await deploy('quiet');
    await deploy('quiet');
    await eventually(() => instancesOf('quiet').length === 1, { timeoutMs: 1500 });
  });

  it('a request is closed about 30 seconds after a switch', async () => {
    const { url } = await deploy('endless');
    const open = callHttp(`${url!}/slow?120`).catch((error: unknown) => error);
    await eventually(async () => (await openConnections('endless')) > 0);
    await deploy('endless');
    const switchedAt = Date.now();
    expect(instancesOf('endless')).toHaveLength(2);
    expect(await open).not.toMatchObject({ status: 200 });
    const tookMs = Date.now() - switchedAt;
    expect(tookMs).toBeGreaterThan(27_000);
    expect(tookMs).toBeLessThan(40_000);
    await eventually(() => instancesOf('endless').length === 1);
  }, 90_000);

  it('a stop ends the draining instance, and the address returns 503 until the next start', async () => {
    const { url } = await deploy('stopped');
    const open = callHttp(`${url!}/slow?120`).catch((error: unknown) => error);
    await eventually(async () => (await openConnections('stopped')) > 0);
    await deploy('stopped');
    const { status } = await operate('stopped', 'stop');
    expect(status).toBe(202);
    await eventually(() => instancesOf('stopped').length === 0);
    expect(await open).not.toMatchObject({ status: 200 });
    await eventually(async () => (await callHttp(url!)).status === 503, HEALS);
    await operate('stopped', 'start');
    await eventually(async () => (await slipway.service('stopped')).status === 'running', HEALS);
    expect((await slipway.service('stopped')).url).toBe(url);
    await eventually(async () => (await callHttp(url!)).status === 200, HEALS);
  });

  it('requests during a stop return a page or 503, and unregistering closes the address', async () => {
    const { url, deployment_id: id } = await deploy('leaving');
    const load = startLoad(url!, 50);
    await operate('leaving', 'stop');
    await eventually(async () => (await slipway.service('leaving')).status === 'stopped');
    const { failed, bodies } = await load.stop();
    expect({ failed: new Set(failed), bodies }).toEqual({
      failed: new Set(['503 The service is stopped.\n']),
      bodies: [id],
    });
    await operate('leaving', 'start');
    await eventually(async () => (await slipway.service('leaving')).status === 'running', HEALS);
    expect((await slipway.call('/api/services/leaving', { method: 'DELETE' })).status).toBe(204);
    await expect(callHttp(url!)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('a rollback and a restart keep the service’s address', async () => {
    const first = await deploy('operated');
    const url = first.url!;
    await deploy('operated');
    await operate('operated', 'rollback');
    await eventually(async () => (await pageOf(url)) === first.deployment_id, HEALS);
    await eventually(() => instancesOf('operated').length === 1);
    const [pid] = slipway.appProcesses('operated');
    const load = startLoad(url, 20);
    await operate('operated', 'restart');
    await eventually(() => !isThere(pid!) && instancesOf('operated').length === 1, HEALS);
    await eventually(async () => (await slipway.service('operated')).health === 'healthy', HEALS);
    expect((await slipway.service('operated')).url).toBe(url);
    expect((await load.stop()).bodies).toEqual([first.deployment_id]);
  });

  it('the front proxy forwards streams without a delay and forwards connection upgrades', async () => {
    const { url } = await deploy('streams');
    const began = Date.now();
    const answer = await fetch(`${url!}/events?10`);
    const { value } = (await answer.body!.getReader().read()) as { value: Uint8Array };
    expect(Buffer.from(value).toString()).toBe('data: 0\n\n');
    expect(Date.now() - began).toBeLessThan(2000);
    expect(await echoed(new URL(url!), 'hello')).toMatch(/^HTTP\/1\.1 101[^]*hello$/);
  });

  it('client headers from a proxy in front of the front proxy reach the app', async () => {
    const { url } = await deploy('sited');
    const headers = { Host: 'app.example.com', 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https' };
    const told = (await callHttp(`${url!}/headers`, { headers })).text;
    expect(told).toMatch(/^Host: app\.example\.com$/m);
    expect(told).toMatch(/^X-Forwarded-For: 192\.0\.2\.7, 127\.0\.0\.1$/m);
    expect(told).toMatch(/^X-Forwarded-Proto: https$/m);
  });

  describe('broken releases behind a front proxy', () => {
    it.each([
      ['exits', 'app_exited'],
      ['unhealthy', 'health_check_failed'],
      ['wrong port', 'health_check_failed'],
    ])('a broken release (%s) fails under load without a lost request', async (breaks, code) => {
      const { url, deployment_id: serving } = await deploy('broken');
      const load = startLoad(url!, 50);
      const health_check = { timeout: 3, expect: [200] };
      const ended = await slipway.run(changed('broken', { environment_variables: { BREAKS: breaks }, health_check }));
      const { sent, failed, bodies } = await load.stop();
      expect(ended).toMatchObject({ status: 'failed', error: { code } });
      expect(sent).toBeGreaterThan(5);
      expect({ failed, bodies }).toEqual({ failed: [], bodies: [serving] });
      expect(await slipway.service('broken')).toMatchObject({ active_release: serving, status: 'running', url });
      expect(instancesOf('broken')).toHaveLength(1);
    });
  });

  it('Slipway restores the routes after a restart of the proxy or of Slipway, and keeps other servers', async () => {
    const { url, deployment_id: serving } = await deploy('lasting');
    const own = { listen: [`127.0.0.1:${await freePort()}`] };
    await caddy.down();
    await caddy.up({ apps: { http: { servers: { own } } } });
    await eventually(async () => (await pageOf(url!)) === serving, HEALS);
    expect(await servers()).toMatchObject({ own });

    await caddy.load({ apps: { http: { servers: { own } } } }); // as an operator's `caddy reload`
    await eventually(async () => (await pageOf(url!)) === serving, HEALS);

    await slipway.down();
    await caddy.load({});
    await slipway.up();
    await eventually(async () => (await pageOf(url!)) === serving, HEALS);
    expect((await slipway.service('lasting')).url).toBe(url);
  });

  it('the route of an unknown service is removed', async () => {
    await deploy('passing');
    const name = `slipway.${slipway.hostId}.passing`;
    expect(Object.keys(await servers())).toContain(name);
    const config = { listen: [`127.0.0.1:${await freePort()}`] };
    await caddy.load({
      apps: { http: { servers: { ...(await servers()), [`slipway.${slipway.hostId}.gone`]: config } } },
    });
    await eventually(async () => !Object.keys(await servers()).includes(`slipway.${slipway.hostId}.gone`), HEALS);
    expect(Object.keys(await servers())).toContain(name);
  });

  it('the address never returns to the old release if the worker is killed during a switch', async () => {
    const { url } = await deploy('killed');
    for (const afterMs of [60, 120, 180]) {
      const { deployment_id: id } = await slipway.deploy(changed('killed'));
      await slipway.untilStep(id, 'start');
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      process.kill(slipway.ready.pids.worker, 'SIGKILL');
      expect(await slipway.ended(id)).toMatchObject({ status: 'completed', url });
      const pages: string[] = [];
      await eventually(async () => {
        pages.push(await pageOf(url!));
        return pages.at(-1) === id && instancesOf('killed').length === 1;
      }, HEALS);
      expect(new Set(pages.slice(pages.indexOf(id)))).toEqual(new Set([id])); // never back to an old one
      await slipway.waitReady();
    }
  }, 120_000);

  it('a switch completes without the front proxy, and the service gets its stable address back when the proxy returns', async () => {
    const { url } = await deploy('away');
    await caddy.down();
    const ended = await slipway.run(changed('away'));
    expect(ended).toMatchObject({ status: 'completed' });
    expect(ended.url).not.toBe(url);
    expect(await pageOf(ended.url!)).toBe(ended.deployment_id);
    await caddy.up();
    await eventually(async () => (await pageOf(url!)) === ended.deployment_id, HEALS);
    await eventually(async () => (await slipway.service('away')).url === url, HEALS);
  });

  it('the documented commands to remove the front proxy delete Slipway’s servers and keep other servers', async () => {
    const own = { listen: [`127.0.0.1:${await freePort()}`] };
    for (const service of ['leaving', 'left']) await deploy(service);
    await slipway.down();
    await caddy.load({ apps: { http: { servers: { ...(await servers()), own } } } });
    expect(Object.keys(await servers()).length).toBeGreaterThan(2);
    const [commands] = documented('put-caddy-in-front.md', 'Without the proxy again');
    execFileSync('bash', ['-c', commands!.replaceAll('http://127.0.0.1:2019', caddy.admin)]);
    expect(Object.keys(await servers())).toEqual(['own']);
  });
});

describeIf(missing === undefined)('a front proxy with a Unix socket as admin interface', () => {
  beforeAll(async () => {
    caddy = await Caddy.start('socket');
    slipway = await Slipway.start({ SLIPWAY_FRONT_ADMIN: caddy.admin, SLIPWAY_FRONT_PORTS: '23900-23999' });
  });
  afterAll(async () => {
    await slipway.remove();
    await caddy.remove();
  });

  it('a service keeps its address across a switch and a restart of a proxy with an admin socket', async () => {
    const first = await deploy('socket');
    const second = await deploy('socket');
    expect(second.url).toBe(first.url);
    expect(await pageOf(second.url!)).toBe(second.deployment_id);
    await caddy.down();
    await caddy.up();
    await eventually(async () => (await pageOf(second.url!)) === second.deployment_id, HEALS);
  });

  it('the documented commands to remove the front proxy work through an admin socket', async () => {
    await slipway.down();
    expect(Object.keys(await servers())).toHaveLength(1);
    const [, commands] = documented('put-caddy-in-front.md', 'Without the proxy again');
    const path = caddy.admin.slice('unix/'.length);
    execFileSync('bash', ['-c', commands!.replaceAll('/run/caddy/admin.sock', path)]);
    expect(await servers()).toEqual({});
  });
});

describeIf(missing === undefined && noEngine === undefined)('containers behind a front proxy', () => {
  let own: Caddy;
  let stage: DockerStage;
  beforeAll(async () => {
    own = await Caddy.start();
    stage = await DockerStage.open({ SLIPWAY_FRONT_ADMIN: own.admin, SLIPWAY_FRONT_PORTS: '24000-24099' });
  });
  afterAll(async () => {
    await stage.close();
    await own.remove();
  });

  it('an old container answers the open requests after a switch and is then removed', async () => {
    const main = readFileSync(join(stage.slipway.sources, APP, 'main.py'), 'utf8');
    const app = stage.project({ 'main.py': main, Dockerfile: DOCKERFILE });
    const first = await stage.slipway.run(request(app));
    const open = callHttp(`${first.url!}/slow?6`);
    const { port } = await stage.slipway.service(app.name);
    await eventually(() => countConnectionsTo(port!) > 0);
    const second = await stage.slipway.run(request(app, { environment_variables: { ROUND: '2' } }));
    expect(second).toMatchObject({ status: 'completed', url: first.url });
    expect((await callHttp(second.url!)).text).toBe(second.deployment_id);
    expect(await open).toMatchObject({ status: 200, text: first.deployment_id });
    await eventually(async () => (await stage.containersOf(app.name)).length === 1, HEALS);
  });
});

/** The app runs in a shell: whoever listens is the app itself. */
const instancesOf = (service: string): string[] => [
  ...new Set(
    slipway
      .appProcesses(service)
      .flatMap((pid) => /SLIPWAY_INSTANCE=([^\0]+)/.exec(readProc(pid, 'environ'))?.[1] ?? []),
  ),
];

/** Connections that the one instance of a service has open. */
async function openConnections(service: string): Promise<number> {
  return countConnectionsTo((await slipway.service(service)).port!);
}

/** What comes back of a frame that is sent as soon as the connection was asked to be upgraded. */
function echoed({ hostname, port }: URL, frame: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname);
    const asked = ['GET /socket HTTP/1.1', `Host: ${hostname}`, 'Connection: Upgrade', 'Upgrade: websocket'];
    socket.write(
      [...asked, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''].join('\r\n'),
    );
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      if (text === '') socket.write(frame);
      text += chunk;
    });
    socket.once('end', () => {
      socket.end();
      resolve(text);
    });
    socket.once('error', reject);
  });
}
