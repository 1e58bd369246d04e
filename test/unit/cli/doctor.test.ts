import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { apiPortOf, caddyOf, rulesOf, uvOf, warningsOf } from '../../../src/cli/doctor.js';
import { readConfig, describeSettings, type Config } from '../../../src/config.js';
import { MODES } from '../../../src/contract/states.js';
import { engineOf, isolationOf, rootOf, secretFilesOf, temporalDoorOf } from '../../../src/cli/doctor-doors.js';
import { canPin, gitNetworksOf, policiesOf } from '../../../src/cli/doctor-access.js';
import { itIf } from '../../support/jest/conditions.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-doctor-'));
  chmodSync(root, 0o755);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function uvIn(name: string, mode: number): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'uv'), '#!/bin/sh\necho uv 1.2.3\n', { mode: 0o755 });
  chmodSync(folder, mode);
  return folder;
}

const nobody = { name: 'nobody', uid: 65_534, groups: [65_534] };
const settings = (...path: string[]) => ({
  hostEnvironment: { PATH: path.join(':') },
  cacheDir: root,
  installTools: true,
});

// Only root can become another user.
itIf(process.getuid?.() === 0)('the doctor reports only a uv that the app user can run as usable', async () => {
  const [own, shared] = [uvIn('own', 0o700), uvIn('shared', 0o755)];
  expect(await uvOf(settings(own))).toMatchObject({ status: 'ok', params: { path: `${own}/uv` } });
  expect(await uvOf(settings(own), nobody)).toMatchObject({
    status: 'lacks',
    text: 'app_user.no_uv',
    params: { user: 'nobody', path: `${own}/uv` },
  });
  expect(await uvOf(settings(own, shared), nobody)).toMatchObject({ status: 'ok', params: { path: `${shared}/uv` } });
});

it('the doctor reports the API port as taken, or names the address of a Slipway that runs on another port', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const wanted = { apiHost: '127.0.0.1', apiPort: port };
  expect(await apiPortOf(wanted)).toMatchObject({ status: 'missing', text: 'port_taken' });
  expect(await apiPortOf(wanted, '127.0.0.1:4711')).toMatchObject({
    text: 'port_own',
    params: { address: '127.0.0.1:4711' },
  });
  await new Promise((resolve) => other.close(resolve));
});

it.each<[string, string, string]>([
  ['{"p":{"rules":[{"services":["a-*"],"actions":["deploy"]}]}}', 'ok', 'policies'],
  ['{"p":{"rules":[{"actions":["deploy"]}]}}', 'note', 'policies_of_all'],
  ['{"p":{"rules":[{"actions":["deploy"]},{"services":["a"],"actions":[]}]}}', 'note', 'policies_uncovered'],
  ['{"p":{"rules":[{"actions":["fly"]}]}}', 'missing', 'policies_wrong'],
  ['{', 'missing', 'policies_wrong'],
])('the doctor reports the policy file %s as %s (%s)', async (text, status, sentence) => {
  const policyFile = join(root, 'policies.json');
  writeFileSync(policyFile, text, { mode: 0o644 });
  const found: unknown[] = [expect.objectContaining({ status, text: sentence })];
  expect(await policiesOf({ policyFile, dataDir: root })).toEqual(found);
  expect(await policiesOf({ dataDir: root })).toEqual([]);
  chmodSync(policyFile, 0o666);
  const open: unknown = expect.objectContaining({ text: 'setting.policy_file', params: { place: policyFile } });
  const wanted: unknown[] = status === 'missing' ? found : status === 'ok' ? [open] : [open, ...found];
  expect(await policiesOf({ policyFile, dataDir: root })).toEqual(wanted);
});

it('the doctor reports that Slipway can’t run with a policy file that is a broken symlink', async () => {
  const policyFile = join(root, 'policies.json');
  symlinkSync(join(root, 'none'), policyFile);
  expect(await policiesOf({ policyFile, dataDir: root })).toEqual([expect.objectContaining({ status: 'missing' })]);
});

it('the doctor reports a policy file that is a pipe as invalid without waiting for the pipe', async () => {
  const policyFile = join(root, 'policies.json');
  execFileSync('mkfifo', ['-m', '644', policyFile]);
  const found = await policiesOf({ policyFile, dataDir: root });
  expect(found).toEqual([expect.objectContaining({ status: 'missing', text: 'policies_wrong' })]);
});

it('the doctor reports that git can reach private networks if the setting is missing and the data folder allows it', () => {
  expect(gitNetworksOf({ dataDir: root })).toEqual([]);
  writeFileSync(join(root, 'git-networks'), 'private\n');
  expect(gitNetworksOf({ dataDir: root })).toEqual([expect.objectContaining({ text: 'git_reaches_all' })]);
  expect(gitNetworksOf({ dataDir: root, gitNetworks: [] })).toEqual([]);
});

it.each([
  ['git version 2.39.5', true],
  ['git version 2.37.0 (Apple Git-1)', true],
  ['git version 2.34.1', false],
  ['git version 1.99', false],
  ['git version 3.0', true],
])('the doctor determines whether %s can pin an address: %s', (version, expected) => {
  expect(canPin(version)).toBe(expected);
});

it('the doctor reports a misspelt protection and an open setting with the status lacks, and an unknown setting with the status note', () => {
  const env = { SLIPWAY_ISOLATON: 'container', SLIPWAY_FIREWALL_RULES: 'x', SLIPWAY_TRUSTED_PROXIES: '0.0.0.0/0' };
  expect(warningsOf(readConfig(env)).map(({ status, text }) => [status, text])).toEqual([
    ['lacks', 'setting.misspelt_protection'],
    ['note', 'setting.unknown'],
    ['lacks', 'setting.trusted_proxies'],
  ]);
});

it('the doctor reports a Caddy admin socket that every user can open with the status lacks', async () => {
  const folder = join(root, 'caddy');
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const socketPath = join(folder, 'admin.sock');
  const server = createServer().listen(socketPath);
  await new Promise((resolve) => server.once('listening', resolve));
  const front = { host: '127.0.0.1', ports: { first: 1, last: 2 } };
  const found = () => caddyOf({ front: { ...front, admin: { address: `unix/${socketPath}`, socketPath } } });
  chmodSync(socketPath, 0o777);
  expect(await found()).toMatchObject({ status: 'lacks', text: 'caddy_open_socket' });
  chmodSync(folder, 0o750);
  expect(await found()).toMatchObject({ status: 'ok', text: 'caddy' });
  chmodSync(folder, 0o755);
  chmodSync(socketPath, 0o770);
  expect(await found()).toMatchObject({ status: 'ok', text: 'caddy' });
  await new Promise((resolve) => server.close(resolve));
  expect(await found()).toMatchObject({ status: 'lacks', text: 'caddy_away' });
});

it('the doctor notes that every app of the host can reach a Caddy admin port', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const front = { host: '127.0.0.1', ports: { first: 1, last: 2 }, admin: { address } };
  expect(await caddyOf({ front })).toMatchObject({ status: 'note', text: 'caddy_tcp', params: { address } });
  await new Promise((resolve) => server.close(resolve));
});

it('the doctor reports keys that other users can read, but only if other users can enter the data folder', () => {
  const dataDir = join(root, 'data');
  expect(secretFilesOf({ dataDir })).toEqual([]);
  mkdirSync(dataDir, { mode: 0o700 });
  writeFileSync(join(dataDir, 'admin.key'), '', { mode: 0o644 });
  expect(secretFilesOf({ dataDir })).toMatchObject([{ status: 'ok' }]);
  chmodSync(dataDir, 0o711);
  expect(secretFilesOf({ dataDir })).toMatchObject([
    { status: 'lacks', text: 'secrets_open', params: { paths: join(dataDir, 'admin.key') } },
  ]);
  chmodSync(join(dataDir, 'admin.key'), 0o600);
  expect(secretFilesOf({ dataDir })).toMatchObject([{ status: 'ok' }]);
});

it('the doctor reports an engine socket that every user can open and an unencrypted engine port with the status lacks', async () => {
  const path = join(root, 'docker.sock');
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  const engine = (host: string, set: Record<string, string> = {}) =>
    engineOf({ engine: readConfig({ DOCKER_HOST: host, ...set }).engine });
  chmodSync(path, 0o660);
  expect(engine(`unix://${path}`)).toMatchObject([{ status: 'ok', text: 'engine_socket' }]);
  chmodSync(path, 0o666);
  expect(engine(`unix://${path}`)).toMatchObject([{ status: 'lacks', text: 'engine_open_socket' }]);
  server.close();
  expect(engine('tcp://127.0.0.1:2375')).toMatchObject([{ status: 'lacks', text: 'engine_tcp' }]);
  expect(engine('ssh://host')).toEqual([]);
  expect(engine('tcp://host:2376', { DOCKER_CERT_PATH: join(root, 'missing') })).toEqual([]); // the check `docker` says it
});

it('the doctor reports whether root in a container is mapped to another user of the host', async () => {
  const path = join(root, 'docker.sock');
  let options: string[] | null = [];
  const server = createHttpServer((_, response) => response.end(JSON.stringify({ SecurityOptions: options })));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const { engine } = readConfig({ DOCKER_HOST: `unix://${path}` });
  const found = (config: Partial<Config> = {}) => rootOf({ ...readConfig({}), engine, ...config });
  for (options of [['name=seccomp,profile=default'], [], null]) {
    expect(await found()).toMatchObject([{ status: 'note', text: 'root_not_mapped' }]);
    expect(await found({ isolation: 'container' })).toMatchObject([{ status: 'lacks' }]);
    expect(await found({ appUser: 'apps' })).toMatchObject([{ status: 'lacks' }]);
  }
  const refusing = { containerRoot: 'mapped' } as const;
  expect(await found(refusing)).toMatchObject([{ status: 'lacks', text: 'root_refused' }]);
  expect(await found({ ...refusing, isolation: 'container' })).toMatchObject([{ status: 'missing' }]);
  expect(await found({ ...refusing, modes: ['docker'] })).toMatchObject([{ status: 'missing' }]);
  expect(await found({ isolation: 'container', modes: ['uv', 'fallback'] })).toEqual([]);
  options = ['name=seccomp,profile=default', 'name=userns'];
  expect(await found({ appUser: 'apps' })).toMatchObject([{ status: 'ok', text: 'root_mapped' }]);
  options = ['name=rootless', 'name=cgroupns'];
  expect(await found({ appUser: 'apps' })).toMatchObject([{ status: 'lacks', text: 'root_is_own_user' }]);
  server.close();
  expect(await found()).toEqual([]);
});

it('the doctor reports an external Temporal without a certificate or an API key', () => {
  const door = (set: Record<string, string>) => temporalDoorOf(readConfig(set));
  expect(door({})).toEqual([]); // the embedded one has certificates
  expect(door({ TEMPORAL_ADDRESS: '127.0.0.1:7233' })).toMatchObject([{ status: 'note', text: 'temporal_open' }]);
  expect(door({ TEMPORAL_ADDRESS: 'temporal.example:7233' })).toMatchObject([{ status: 'lacks' }]);
  expect(door({ TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_API_KEY: 'k' })).toEqual([]);
});

it('the doctor reports the user and the isolation of apps, and the services that aren’t isolated', () => {
  const modes = [...MODES];
  expect(isolationOf({ isolation: 'any', appUser: 'apps', modes }, ['a'])).toMatchObject({
    text: 'isolation_any',
    status: 'note',
    params: { user: 'apps' },
  });
  expect(isolationOf({ isolation: 'any', appUser: 'apps', modes: ['uv'] }, []).text).toBe('isolation_processes');
  const isolated = { isolation: 'container', appUser: undefined, modes } as const;
  expect(isolationOf(isolated, [])).toMatchObject({ status: 'ok' });
  expect(isolationOf(isolated, ['a', 'b'])).toMatchObject({ status: 'lacks', params: { services: 'a, b' } });
});

it('the doctor reads the isolation settings from the running Slipway', () => {
  const env = {
    SLIPWAY_ISOLATION: 'container',
    SLIPWAY_APP_USER: 'apps',
    SLIPWAY_MODES: 'docker,uv',
    SLIPWAY_KEY: 'k',
  };
  expect(rulesOf(describeSettings(env))).toEqual({
    isolation: 'container',
    appUser: 'apps',
    modes: ['docker', 'uv'],
    containerRoot: 'any',
  });
  expect(rulesOf(describeSettings({}))).toMatchObject({ isolation: 'any', appUser: undefined, modes: [...MODES] });
});
