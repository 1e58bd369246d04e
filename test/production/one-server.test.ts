// The commands of docs/how-to/one-server.md, in their order, under a real systemd in a container.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { commandsOf } from '../support/page-commands.js';
import { startSystemdHost, type SystemdHost } from './systemd-host.js';

/** The image holds what is built, and no index can be reached from it: an app without dependencies takes the example's place. */
const COMMANDS = commandsOf('docs/how-to/one-server.md').map((command) =>
  command.replace('npx slipway', 'node dist/cli/main.js').replace('examples/flask-hello', '/srv/slipway/app'),
);

let host: SystemdHost;
let url: string;
beforeAll(async () => {
  host = await startSystemdHost();
});
afterAll(() => host.remove());

/** Runs the command of the page that has these words. */
const run = (words: string): Promise<string> => host.shell(COMMANDS.find((command) => command.includes(words))!);
const untilReady = (): Promise<string> => run('ready.json');
const pageOf = (): Promise<string> => host.inside('curl', '-sSf', '--max-time', '5', url);
const services = async (): Promise<{ name: string; status: string; restarts: number }[]> =>
  JSON.parse(await host.shell('SLIPWAY_DATA_DIR=/var/lib/slipway node dist/cli/main.js services --json')) as {
    name: string;
    status: string;
    restarts: number;
  }[];

it('the systemd service starts with its own Temporal and deploys an app', async () => {
  await run('enable --now slipway');
  await untilReady();
  [url = ''] = /http:\/\/\S+/.exec(await run('main.js deploy')) ?? [];
  await pageOf();
});

it('a changed setting takes effect after a restart of Slipway, and the app keeps running', async () => {
  const before = await host.apps();
  await run('SLIPWAY_RETENTION_DAYS');
  await untilReady();
  expect(await host.apps()).toEqual(before);
  await pageOf();
  const settings = await host.shell('SLIPWAY_DATA_DIR=/var/lib/slipway node dist/cli/main.js config');
  expect(settings).toMatch(/SLIPWAY_RETENTION_DAYS +\S+ +14/);
});

it('systemd restarts a killed Slipway, and the app keeps running', async () => {
  const before = await host.apps();
  const mainPid = (): Promise<string> => host.inside('systemctl', 'show', '--value', '--property=MainPID', 'slipway');
  const killed = await mainPid();
  await host.shell('systemctl kill --kill-who=main --signal=KILL slipway');
  await eventually(async () => !['0', killed].includes(await mainPid()), { timeoutMs: 30_000 });
  // The file is missing until Slipway is ready again.
  const isReady = async (): Promise<boolean> =>
    (await host.shell('cat /var/lib/slipway/ready.json || true')).includes(`"start": ${await mainPid()}`);
  await eventually(isReady, { timeoutMs: 60_000 });
  expect(await host.apps()).toEqual(before);
});

it('a backup is restored into an empty data folder, and the app starts again', async () => {
  await run('tar -C /var/lib/slipway');
  await untilReady();
  await host.shell('systemctl stop slipway');
  await host.killApps();
  await host.shell(`find /var/lib/slipway -mindepth 1 -delete
    tar -C /var/lib/slipway -xzf /root/slipway-backup.tar.gz
    chown -R slipway:slipway /var/lib/slipway
    systemctl start slipway`);
  await untilReady();
  expect(await eventually(pageOf, { timeoutMs: 30_000 })).toContain('hello from');
  expect(await services()).toMatchObject([{ status: 'running' }]);
});

it('systemd reports no errors in the unit and rates its exposure at most 35 of 100', async () => {
  const unit = '/etc/systemd/system/slipway.service';
  expect(await host.shell(`systemd-analyze verify ${unit} 2>&1`)).toBe('');
  await host.shell(`systemd-analyze security --no-pager --offline=true --threshold=35 ${unit} >/dev/null`);
});
