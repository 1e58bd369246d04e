import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTools } from '../../../src/activities/ports/tools.js';
import { eventually, KEEPER, makeHost, processesWith, runTypescript, timesOpen } from '../../support/activity-host.js';

const env = { PATH: process.env['PATH'] ?? '', CANARY: 'in the environment only' };

const pathOf = (program: string): string =>
  execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();

describe('run', () => {
  test('gives the exit code and the lines of both streams', async () => {
    const { ports } = await makeHost();
    const seen: string[] = [];
    const onLines = (stream: string, lines: readonly string[]): void =>
      void seen.push(...lines.map((line) => `${stream}: ${line}`));
    const result = await ports.tools.run(['sh', '-c', 'printf "a\\r\\nb\\rc"; echo $CANARY >&2; exit 3'], {
      cwd: '/',
      env,
      onLines,
    });
    expect(result.exitCode).toBe(3);
    expect(result.tail.toSorted()).toEqual(['a', 'b', 'c', 'in the environment only']);
    expect(seen.toSorted()).toEqual(['stderr: in the environment only', 'stdout: a', 'stdout: b', 'stdout: c']);
  });

  test('says 127 for what can not be executed', async () => {
    const { ports } = await makeHost();
    expect((await ports.tools.run(['/no/such/tool'], { cwd: '/', env })).exitCode).toBe(127);
  });

  test('ends the whole tree within 3 s of a cancel, also one that ignores SIGTERM and left its session', async () => {
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

describe('withLock', () => {
  test('lets one in at a time, and a waiting one can be cancelled', async () => {
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

  test.each(['flock', 'python'])('a lock that is held is left alone by whoever does not wait (%s)', async (program) => {
    const { ports, folder } = await makeHost();
    const [python] = await ports.python.list();
    const flock = program === 'flock' ? pathOf('flock') : undefined;
    const tools = createTools({ python: python!.path, script: KEEPER, flock });
    const lock = join(folder, 'locks', 'x');
    const enter = (): Promise<string | undefined> => tools.ifFree(lock, () => Promise.resolve('in'));
    expect(await tools.withLock(lock, enter)).toBe(undefined);
    expect(await enter()).toBe('in');
  });

  test('a lock file that its holder removed keeps nobody apart: who waited for it takes the new one', async () => {
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

  test('a killed worker takes its tool with it, and the lock is free only when the tool is gone', async () => {
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
