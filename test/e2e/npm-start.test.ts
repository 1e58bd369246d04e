// `npm start` itself, with npm and its shell above Slipway: the other tests start Slipway's own program.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { eventually } from '../support/eventually.js';
import { createNamespace, FOREIGN_TEMPORAL } from '../support/foreign-temporal.js';
import { freePort, isThere, killIfThere, PROJECT, Slipway, type Ready } from '../support/slipway.js';

const READY_MS = 120_000;

it('SIGTERM to npm stops all processes of Slipway', async () => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'slipway-npm-')), 'data');
  const namespace = FOREIGN_TEMPORAL === undefined ? 'default' : await createNamespace(FOREIGN_TEMPORAL);
  let output = '';
  const npm = spawn('npm', ['start'], {
    cwd: PROJECT,
    env: {
      ...process.env,
      SLIPWAY_DATA_DIR: dataDir,
      SLIPWAY_PORT: String(await freePort()),
      TEMPORAL_NAMESPACE: namespace,
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
    },
  });
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const readyFile = join(dataDir, 'ready.json');
  let pids: number[] = [];
  try {
    await eventually(() => output.includes('Slipway is ready:'), { timeoutMs: READY_MS });
    pids = Object.values((JSON.parse(readFileSync(readyFile, 'utf8')) as Ready).pids);
    npm.kill('SIGTERM');
    await eventually(() => pids.every((pid) => !isThere(pid)), { timeoutMs: 15_000 });
    expect(existsSync(readyFile)).toBe(false);
    expect(output).toContain('Slipway has stopped.');
  } finally {
    for (const pid of [npm.pid!, ...pids]) killIfThere(pid);
    rmSync(join(dataDir, '..'), { recursive: true, force: true });
  }
}, 150_000);

it('the deploy command that a start prints works if the example is outside SLIPWAY_SOURCE_ROOTS', async () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-first-'));
  const slipway = await Slipway.start({ SLIPWAY_SOURCE_ROOTS: home });
  try {
    const said = slipway.output;
    expect(said).not.toContain('"type":"directory"');
    const command = /^ +(cd .*npx slipway deploy .*)$/m.exec(said)?.[1];
    const { SLIPWAY_DATA_DIR, ...env } = process.env;
    const { exitCode, stdout } = await execa('sh', ['-c', `${command!} --mode uv`], { env, extendEnv: false });
    expect(stdout).toContain('Completed in');
    expect(exitCode).toBe(0);
  } finally {
    await slipway.remove();
    rmSync(home, { recursive: true });
  }
});

it('a second worker in the same data folder exits with an error', async () => {
  const slipway = await Slipway.start();
  try {
    const { dataDir } = slipway;
    const worker = await execa(process.execPath, [join(PROJECT, 'dist/worker/main.js')], {
      env: { SLIPWAY_DATA_DIR: dataDir },
      reject: false,
    });
    expect(worker.exitCode).toBe(1);
    expect(worker.stderr).toBe(
      `Slipway cannot start: another worker uses the data folder ${dataDir}, and did not end within 20 s. ` +
        'Stop that worker first, or name another folder with SLIPWAY_DATA_DIR',
    );
  } finally {
    await slipway.remove();
  }
}, 150_000);

it('a worker with a used host id in another data folder exits with an error', async () => {
  const slipway = await Slipway.start();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-twin-'));
  try {
    const { address, namespace, tls } = slipway.temporal;
    const worker = await execa(process.execPath, [join(PROJECT, 'dist/worker/main.js')], {
      env: {
        SLIPWAY_DATA_DIR: folder,
        SLIPWAY_HOST_ID: slipway.hostId,
        TEMPORAL_ADDRESS: address,
        TEMPORAL_NAMESPACE: namespace,
        ...(tls && {
          TEMPORAL_TLS: '1',
          TEMPORAL_TLS_CLIENT_CERT_PATH: tls.clientCertPath,
          TEMPORAL_TLS_CLIENT_KEY_PATH: tls.clientKeyPath,
          TEMPORAL_TLS_SERVER_CA_CERT_PATH: tls.serverCaPath,
          TEMPORAL_TLS_SERVER_NAME: tls.serverName,
        }),
      },
      reject: false,
    });
    expect(worker.exitCode).toBe(1);
    expect(worker.stderr).toMatch(
      new RegExp(`^Slipway cannot start: a worker in another data folder runs as the host ${slipway.hostId}, too`),
    );
  } finally {
    await slipway.remove();
    rmSync(folder, { recursive: true });
  }
}, 150_000);
