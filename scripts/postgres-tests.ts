// npm run test:postgres [-- what jest takes]: the end-to-end tests on the Temporal server of production, made for
// this run from PostgreSQL's own programs, a pinned build of temporal-server, and deploy/temporal/, and removed after.
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import getPort from 'get-port';
import { canListen } from '../src/activities/ports/listening.js';
import { readConfig } from '../src/config.js';
import { findProgram, toolsBin } from '../src/programs.js';
import { printLine } from '../src/start/terminal.js';
import { untilServing } from '../src/start/temporal/embedded-server.js';
import { builtWithGo, TEMPORAL_SERVER } from '../test/support/built-with-go.js';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const DEPLOY = join(PROJECT, 'deploy/temporal');
const DATABASE_USER = 'temporal';
/** The server's ports are this one, 1, 2 and 6 above it, and each of them 300 below (deploy/temporal/production.yaml). */
const PORT_STEPS = [0, 1, 2, 6].flatMap((step) => [step, step - 300]);
const TRIES = 5;

const config = readConfig({ ...process.env, TEMPORAL_ADDRESS: undefined });
const home = mkdtempSync(join(tmpdir(), 'slipway-postgres-'));
const undo: (() => unknown)[] = [
  () => {
    rmSync(home, { recursive: true, force: true });
  },
];
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

try {
  const programs = await builtWithGo(config, TEMPORAL_SERVER);
  const database = await startPostgres(await getPostgres());
  const env = { ...database, PATH: [programs, toolsBin(config), config.hostEnvironment.PATH].join(delimiter) };
  await execa('sh', [join(DEPLOY, 'schema.sh')], { env });
  const address = await startServer(env);
  await execa('sh', [join(DEPLOY, 'namespace.sh')], { env: { ...env, TEMPORAL_ADDRESS: address } });
  printLine(`Temporal ${address} on PostgreSQL ${database.SQL_PORT}: the end-to-end tests`);
  const args = process.argv.slice(2);
  if (!args.some((arg) => arg.startsWith('test/'))) args.unshift('test/e2e');
  const jest = ['--experimental-vm-modules', join(PROJECT, 'node_modules/jest/bin/jest.js')];
  const { exitCode } = await execa(process.execPath, [...jest, '--verbose', ...args], {
    cwd: PROJECT,
    env: { TEMPORAL_ADDRESS: address },
    stdio: 'inherit',
    reject: false,
    cancelSignal: stop.signal,
  });
  process.exitCode = exitCode ?? 1;
} finally {
  for (const step of undo.reverse()) await step();
}

/** The folder of initdb, pg_ctl and postgres: Debian keeps them off PATH. */
async function getPostgres(): Promise<string> {
  const found = await findPostgres();
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0)
    throw new Error('PostgreSQL is not here: install the package `postgresql`, then try again');
  printLine('Installing PostgreSQL …');
  await execa('apt-get', ['update', '-qq']);
  await execa('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'postgresql']);
  const got = await findPostgres();
  if (got === undefined) throw new Error('the package `postgresql` was installed, but holds no initdb');
  return got;
}

async function findPostgres(): Promise<string | undefined> {
  const onPath = await findProgram('initdb', config);
  if (onPath !== undefined) return dirname(onPath);
  const versions = '/usr/lib/postgresql';
  const [newest] = listed(versions).sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? undefined : join(versions, newest, 'bin');
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there
  }
}

/** A cluster of its own on a free loopback port. Returns the settings that deploy/temporal/ reads. */
async function startPostgres(bin: string) {
  const data = join(home, 'database');
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  const asOwner = await ownerOf([home, passwordFile]);
  const port = String(await getPort({ host: '127.0.0.1' }));
  const login = [`--username=${DATABASE_USER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  await asOwner(join(bin, 'initdb'), [`--pgdata=${data}`, '--encoding=UTF8', '--no-sync', ...login]);
  const pgCtl = (...args: string[]) => asOwner(join(bin, 'pg_ctl'), [`--pgdata=${data}`, '--wait', ...args]);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${home}`;
  await pgCtl('start', `--log=${home}/postgres.log`, `--options=${options}`);
  undo.push(() => pgCtl('stop', '--mode=fast'));
  return { SQL_HOST: '127.0.0.1', SQL_PORT: port, SQL_USER: DATABASE_USER, SQL_PASSWORD_FILE: passwordFile };
}

/** PostgreSQL refuses to run as root: then its files are given to, and its programs run as, the package's own user. */
async function ownerOf(files: string[]) {
  const options = { cwd: home, stdin: 'ignore' } as const;
  if (process.getuid?.() !== 0) return (file: string, args: string[]) => execa(file, args, options);
  const id = async (flag: string) => Number((await execa('id', [flag, 'postgres'])).stdout);
  const [uid, gid] = [await id('-u'), await id('-g')];
  for (const file of files) chownSync(file, uid, gid);
  // Its server outlives pg_ctl and would hold the pipes open.
  return (file: string, args: string[]) =>
    execa(file, args, { ...options, uid, gid, stdout: 'ignore', stderr: 'ignore' });
}

/** Another program may take one of the eight ports meanwhile: then others are tried. */
async function startServer(env: Record<string, string>): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const port = await freeBlock();
    const address = `127.0.0.1:${port}`;
    const log = { file: join(home, `temporal-${tries}.log`) };
    const server = execa('sh', [join(DEPLOY, 'server.sh')], {
      env: { ...env, TEMPORAL_PORT: String(port) },
      stdout: log,
      stderr: log,
      reject: false,
    });
    undo.push(() => ended(server));
    const isUp = await Promise.race([
      untilServing({ address, namespace: 'temporal-system' }).then(() => true),
      server.then(() => false),
    ]);
    if (isUp) return address;
    if (tries === TRIES)
      throw new Error(`temporal-server ended at its start: ${readFileSync(log.file, 'utf8').slice(-2000)}`);
  }
}

async function ended(server: ResultPromise): Promise<void> {
  server.kill('SIGTERM');
  await server;
}

async function freeBlock(): Promise<number> {
  for (;;) {
    const port = 20_300 + Math.floor(Math.random() * 10_000); // below the ports that the kernel gives out
    const free = await Promise.all(PORT_STEPS.map((step) => canListen(port + step, '127.0.0.1')));
    if (free.every(Boolean)) return port;
  }
}
