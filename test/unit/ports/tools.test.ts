import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createTools } from '../../../src/activities/ports/tools.js';
import { processIds, wasStartedWith } from '../../../src/activities/ports/proc.js';
import { isRunning, keeperOfTool, markOf } from '../../support/processes.js';
import { eventually, KEEPER, makeHost, processesWith, runTypescript, timesOpen } from '../../support/activity-host.js';

const env = { PATH: process.env['PATH'] ?? '', CANARY: 'in the environment only' };

const pathOf = (program: string): string =>
  execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();

describe('tools.run', () => {
  test('a tool returns its exit code and the lines of both streams', async () => {
    const { ports } = await makeHost();
    const seen: string[] = [];
    const onLines = (stream: string, lines: readonly string[]): Promise<void> =>
      Promise.resolve(void seen.push(...lines.map((line) => `${stream}: ${line}`)));
    const result = await ports.tools.run(['sh', '-c', 'printf "a\\r\\nb\\rc"; echo $CANARY >&2; exit 3'], {
      cwd: '/',
      env,
      onLines,
    });
    expect(result.exitCode).toBe(3);
    expect(result.tail.toSorted()).toEqual(['a', 'b', 'c', 'in the environment only']);
    expect(seen.toSorted()).toEqual(['stderr: in the environment only', 'stdout: a', 'stdout: b', 'stdout: c']);
  });

  test('a tool that can’t be executed returns 127', async () => {
    const { ports } = await makeHost();
    expect((await ports.tools.run(['/no/such/tool'], { cwd: '/', env })).exitCode).toBe(127);
  });

  test('a cancel ends all processes of a tool within 3 seconds, even processes that ignore SIGTERM in another session', async () => {
    const { ports } = await makeHost();
    const mark = `slipway-tree-${String(process.pid)}`;
    const controller = new AbortController();
    const script = `trap "" TERM; setsid sh -c 'trap "" TERM; while :; do sleep 1; done' ${mark} & while :; do sleep 1; done`;
    const running = ports.tools.run(['sh', '-c', script, mark], { cwd: '/', env, signal: controller.signal });
    await eventually(() => processesWith(mark).length >= 2);
    const stopped = Date.now();
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(Date.now() - stopped).toBeLessThan(3000);
    expect(processesWith(mark)).toEqual([]);
  });
});

describe('tools.withLock', () => {
  test('a lock has one holder at a time, and a wait for the lock can be cancelled', async () => {
    const { ports, folder } = await makeHost();
    const lock = join(folder, 'locks', 'x');
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      order.push(`${name} out`);
    };
    const first = ports.tools.withLock(lock, work('a'));
    await eventually(() => order.length === 1);
    const waiting = ports.tools.withLock(lock, work('never'), AbortSignal.timeout(50));
    await expect(waiting).rejects.toThrow();
    await Promise.all([first, ports.tools.withLock(lock, work('b'))]);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out']);
  });

  test.each(['flock', 'python'])('ifFree returns at once if the lock is held (%s)', async (program) => {
    const { ports, folder } = await makeHost();
    const [python] = await ports.python.list();
    const flock = program === 'flock' ? pathOf('flock') : undefined;
    const tools = createTools({ python: python!.path, script: KEEPER, flock });
    const lock = join(folder, 'locks', 'x');
    const enter = (): Promise<string | undefined> => tools.ifFree(lock, () => Promise.resolve('in'));
    expect(await tools.withLock(lock, enter)).toBe(undefined);
    expect(await enter()).toBe('in');
  });

  test('a waiter for a lock whose file was removed gets a lock on the new file', async () => {
    const { ports, folder } = await makeHost();
    const lock = join(folder, 'locks', 'x');
    const waiting = await ports.tools.withLock(lock, async () => {
      const waiter = ports.tools.withLock(lock, () => ports.tools.ifFree(lock, () => Promise.resolve('beside it')));
      await eventually(() => timesOpen(lock) > 1);
      await rm(lock);
      return { waiter };
    });
    expect(await waiting.waiter).toBe(undefined);
  });

  test('the lock of a killed worker is free only when its tool has ended', async () => {
    const { ports, folder } = await makeHost();
    const mark = `slipway-orphan-${String(process.pid)}`;
    const worker = runTypescript('lock-holder.ts', folder, mark, KEEPER);
    await eventually(() => processesWith(`sleep 60 # ${mark}`).length > 0);
    worker.kill('SIGKILL');
    const seen = await ports.tools.withLock(join(folder, 'locks', 'x'), () =>
      Promise.resolve(processesWith(`sleep 60 # ${mark}`)),
    );
    expect(seen).toEqual([]);
  });
});

test('a process of another program with the same marks isn’t ended and doesn’t block the lock', async () => {
  const { ports, folder } = await makeHost();
  const lock = join(folder, 'locks', 'x');
  await ports.tools.withLock(lock, (held) => ports.tools.run(['true'], { cwd: '/', env, lock: held }));
  const names = { SLIPWAY_TOOL: lock, SLIPWAY_MARK: lock };
  const stranger = spawn('sleep', ['3600'], { env: { ...env, ...names } });
  try {
    await ports.tools.withLock(lock, () => Promise.resolve());
    expect(isRunning(stranger.pid!)).toBe(true);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('a lock without tools writes nothing to its file', async () => {
  const { ports, folder } = await makeHost();
  const lock = join(folder, 'locks', 'x');
  await ports.tools.withLock(lock, async () => {
    expect(await readFile(lock, 'utf8')).toBe('');
  });
});

describe('killed keepers of tools', () => {
  /** The tool's shell, and a child in a session of its own that closed its output. */
  const SCRIPT = 'setsid sh -c "sleep 61; true" >/dev/null 2>&1 & sleep 60; true';
  const setUp = async () => {
    const { ports, folder } = await makeHost();
    const lock = join(folder, 'locks', 'x');
    let mark = '';
    const marked = (): number[] => processIds().filter((pid) => wasStartedWith(pid, mark));
    const keeper = (): Promise<number> =>
      eventually(() => {
        mark = markOf(lock);
        return marked().length >= 4 ? keeperOfTool(mark) : undefined;
      }) as Promise<number>;
    return { tools: ports.tools, folder, lock, marked, keeper };
  };

  test('a tool whose keeper was killed fails with a retryable error, and its processes are ended while the lock is held', async () => {
    const { tools, lock, marked, keeper } = await setUp();
    const running = tools.withLock(lock, (held) =>
      tools.run(['sh', '-c', SCRIPT], { cwd: '/', env, lock: held }).finally(() => {
        expect(marked()).toEqual([]); // while the lock was still held
      }),
    );
    process.kill(await keeper(), 'SIGKILL');
    await expect(running).rejects.toMatchObject({ code: 'internal', retryable: true });
  });

  test('the next holder of the lock ends the remaining processes after the worker and its keeper were killed', async () => {
    const { tools, folder, lock, marked, keeper } = await setUp();
    const worker = runTypescript('lock-holder.ts', folder, 'left', KEEPER, SCRIPT);
    const pid = await keeper();
    worker.kill('SIGSTOP');
    process.kill(pid, 'SIGKILL');
    worker.kill('SIGKILL');
    await once(worker, 'close');
    expect(marked()).not.toEqual([]);
    expect(await tools.withLock(lock, () => Promise.resolve(marked()))).toEqual([]);
  });

  test('cleaning up after a killed keeper doesn’t affect the tool of another lock', async () => {
    const { tools, lock, keeper } = await setUp();
    execFileSync('mkdir', ['-p', dirname(lock)]);
    execFileSync('mkfifo', [`${lock}-go`]);
    const other = tools.withLock(`${lock}y`, (held) =>
      tools.run(['sh', '-c', 'read line < "$0"; echo "$line"', `${lock}-go`], { cwd: '/', env, lock: held }),
    );
    const running = tools.withLock(lock, (held) => tools.run(['sh', '-c', SCRIPT], { cwd: '/', env, lock: held }));
    process.kill(await keeper(), 'SIGKILL');
    await expect(running).rejects.toMatchObject({ code: 'internal' });
    await writeFile(`${lock}-go`, 'lives\n');
    expect(await other).toMatchObject({ exitCode: 0, tail: ['lives'] });
  });
});
