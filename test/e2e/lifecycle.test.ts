import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { embeddedMissing } from '../support/foreign-temporal.js';
import { itUnless } from '../support/jest/conditions.js';
import { freePort, isThere, killIfThere, PROJECT, readProc, Slipway } from '../support/slipway.js';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

/** A start that must refuse: what it said, and with which code it ended. */
function refusedStart(env: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(PROJECT, 'dist/start.js')], {
    cwd: slipway.home,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  return { status, said: `${stdout}${stderr}` };
}

/** Without the process of `npm start` itself. On a foreign server Temporal is none of them. */
function partPids(): number[] {
  const { start: _, ...parts } = slipway.ready.pids;
  return Object.values(parts);
}

const keeperOf = (service: string): number => {
  const [pid] = slipway.appProcesses(service);
  return Number(/^PPid:\s+(\d+)/m.exec(readProc(pid!, 'status'))?.[1]);
};

describe('npm start', () => {
  it('a second start in the same data folder exits with an error that names the running process', async () => {
    const { status, said } = refusedStart({
      SLIPWAY_DATA_DIR: slipway.dataDir,
      SLIPWAY_PORT: String(await freePort()),
    });
    expect(status).toBe(1);
    expect(said).toContain(
      `another Slipway (process ${slipway.ready.pids.start}) runs in ${slipway.dataDir}. Stop that one first (kill -INT ${slipway.ready.pids.start})`,
    );
    expect(said).not.toMatch(/\n\s+at /);
  });

  it('a start exits with an error for a taken port, an unwritable folder, a wrong setting or a host without Python', async () => {
    const server = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const elsewhere = join(slipway.home, 'other');
    expect(refusedStart({ SLIPWAY_DATA_DIR: elsewhere, SLIPWAY_PORT: String(port) }).said).toContain(
      `port ${port} on 127.0.0.1 is taken`,
    );
    server.close();
    expect(refusedStart({ SLIPWAY_DATA_DIR: '/proc/nowhere' }).said).toMatch(/data folder .* is not writable/);
    expect(refusedStart({ SLIPWAY_DATA_DIR: elsewhere, SLIPWAY_PORT: '80a' }).said).toContain('SLIPWAY_PORT');
    expect(
      refusedStart({ SLIPWAY_DATA_DIR: elsewhere, PATH: '/nowhere', PYENV_ROOT: '/nowhere', HOME: '/nowhere' }).said,
    ).toMatch(/no working Python 3/);
  });

  it('SIGTERM stops Slipway within 10 s, the app keeps running, and the next start takes the app over', async () => {
    const ended = await slipway.run(slipway.app('answers-200', { service: 'survivor' }));
    const [pid] = slipway.appProcesses('survivor');
    const startedAt = Date.now();
    expect(await slipway.down('SIGTERM')).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(slipway.output).toContain(`survivor  ${ended.url}`);
    expect(existsSync(join(slipway.dataDir, 'ready.json'))).toBe(false);
    expect((await fetch(ended.url!)).status).toBe(200);
    await slipway.up();
    expect(isThere(pid!)).toBe(true);
    const service = await eventually(async () => {
      const view = await slipway.service('survivor');
      return view.status !== 'unknown' && view; // while a busy host's first beat is late
    });
    expect(service).toMatchObject({ status: 'running', restarts: 0, active_release: ended.deployment_id });
    expect((await slipway.status(ended.deployment_id)).status).toBe('completed');
  });

  it('an app that was killed while Slipway was down is started again', async () => {
    await slipway.down('SIGINT');
    for (const pid of slipway.appProcesses('survivor')) killIfThere(pid);
    await slipway.up();
    await eventually(async () => (await fetch((await slipway.service('survivor')).url!)).ok, { timeoutMs: 20_000 });
    expect((await slipway.service('survivor')).restarts).toBe(1);
  });

  for (const part of ['api', 'worker', 'temporal'] as const)
    itUnless(part === 'temporal' ? embeddedMissing : undefined)(
      `a killed ${part} is started again with its new process id in ready.json`,
      async () => {
        const before = slipway.ready.pids[part];
        process.kill(before, 'SIGKILL');
        await eventually(() => slipway.ready.pids[part] !== before && isThere(slipway.ready.pids[part]));
        await slipway.waitReady();
      },
    );

  it('Slipway recovers three times from a kill of all child processes', async () => {
    for (let round = 0; round < 3; round += 1) {
      const killed = partPids();
      for (const pid of killed) process.kill(pid, 'SIGKILL');
      await eventually(() => partPids().every((pid) => isThere(pid) && !killed.includes(pid)), { timeoutMs: 30_000 });
      await slipway.waitReady();
    }
    expect(slipway.startProcess.exitCode).toBe(null);
  });

  itUnless(embeddedMissing)(
    'another Slipway takes a different Temporal port while the first Temporal server is down',
    async () => {
      const { pids, temporal_address: address } = slipway.ready;
      slipway.startProcess.kill('SIGSTOP'); // so that nothing is started again yet
      process.kill(pids.temporal, 'SIGKILL');
      await eventually(() => !isThere(pids.temporal));
      const other = await Slipway.start();
      try {
        expect(other.ready.temporal_address).not.toBe(address);
      } finally {
        slipway.startProcess.kill('SIGCONT');
        await other.remove();
      }
      await eventually(() => slipway.ready.pids.temporal !== pids.temporal && isThere(slipway.ready.pids.temporal));
      await slipway.waitReady();
      expect(slipway.ready.temporal_address).toBe(address);
    },
  );

  it('a start after a kill of the start process ends the orphaned processes, and the app keeps serving', async () => {
    const orphans = partPids();
    slipway.startProcess.kill('SIGKILL');
    await eventually(() => slipway.startProcess.signalCode !== null);
    expect(orphans.every(isThere)).toBe(true);
    await slipway.up();
    expect(orphans.filter(isThere)).toEqual([]);
    const { url } = await slipway.service('survivor');
    expect((await fetch(url!)).status).toBe(200);
  });

  it('a kill of the keeper stops its app, and the app is started again', async () => {
    const keeper = keeperOf('survivor');
    const before = slipway.appProcesses('survivor');
    process.kill(keeper, 'SIGKILL');
    await eventually(() => before.every((pid) => !isThere(pid)));
    await eventually(async () => (await fetch((await slipway.service('survivor')).url!)).ok, { timeoutMs: 20_000 });
  });

  it('a service whose instance folder was deleted gets a new instance', async () => {
    const before = await slipway.service('survivor');
    await slipway.down();
    const pids = slipway.appProcesses('survivor');
    rmSync(join(slipway.dataDir, 'instances'), { recursive: true });
    for (const pid of pids) killIfThere(pid);
    await slipway.up();
    await eventually(async () => (await slipway.service('survivor')).instance !== before.instance, {
      timeoutMs: 20_000,
    });
    await eventually(async () => (await fetch((await slipway.service('survivor')).url!)).ok, { timeoutMs: 20_000 });
  });

  it('the output of each child process is written to the data folder', () => {
    const { start: _, ...parts } = slipway.ready.pids;
    for (const part of Object.keys(parts))
      expect(readFileSync(join(slipway.dataDir, `logs/slipway/${part}.log`), 'utf8')).not.toBe('');
  });
});
