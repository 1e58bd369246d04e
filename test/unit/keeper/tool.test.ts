import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { PATH } from '../../support/host.js';
import { fixtureApp, isRunning, KEEPER, pidIn } from '../../support/processes.js';

let folder: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-tool-'));
});
afterEach(() => {
  started.splice(0).forEach((child) => child.kill('SIGKILL'));
  rmSync(folder, { recursive: true, force: true });
});

interface Tool {
  keeper: ChildProcess;
  output: () => string;
  lines: () => string[];
  exitCode: Promise<number | null>;
}

function runTool(argv: string[], { lock, env = {} }: { lock?: number; env?: Record<string, string> } = {}): Tool {
  const keeper = spawn(KEEPER.python, ['-I', '-S', KEEPER.script, 'tool'], {
    stdio: ['pipe', 'pipe', 'pipe', ...(lock === undefined ? [] : [lock])],
  });
  started.push(keeper);
  let text = '';
  keeper.stdout!.on('data', (data: Buffer) => (text += data.toString()));
  keeper.stderr!.on('data', (data: Buffer) => (text += data.toString()));
  keeper.stdin!.write(`${JSON.stringify({ argv, cwd: folder, env: { PATH, ...env } })}\n`);
  const exitCode = once(keeper, 'close').then(([code]) => code as number | null);
  return { keeper, output: () => text, lines: () => text.split('\n'), exitCode };
}

const isLocked = (path: string): boolean => spawnSync('flock', ['--nonblock', path, 'true']).status !== 0;

describe('ends of tools', () => {
  it('the exit code of a tool is returned', async () => {
    const tool = runTool(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(await tool.exitCode).toBe(3);
    expect(tool.lines()).toEqual(expect.arrayContaining(['out', 'err']));
  });

  it('the end of a tool by a signal is returned as 128 plus the number of the signal', async () => {
    expect(await runTool(['sh', '-c', 'kill -KILL $$']).exitCode).toBe(137);
  });

  it('a tool that can’t be executed returns 127 and prints one line with its path', async () => {
    const tool = runTool(['/no/such/tool']);
    expect(await tool.exitCode).toBe(127);
    expect(tool.output().trim().split('\n')).toHaveLength(1);
    expect(tool.output()).toContain('/no/such/tool');
  });

  it('the end of a tool ends a child process in another session', async () => {
    const tool = runTool(['python', join(fixtureApp('setsid-child'), 'main.py')], { env: { EXIT_AT_ONCE: '1' } });
    expect(await tool.exitCode).toBe(0);
    expect(isRunning(pidIn(tool.lines())!)).toBe(false);
  });
});

it('a tool receives its arguments and environment unchanged and without a shell', async () => {
  const tool = runTool(['python', '-c', 'import os, sys; print(sys.argv[1], sorted(os.environ))', '$HOME; 空 *'], {
    env: { A: '1' },
  });
  await tool.exitCode;
  expect(tool.output()).toMatch(/^\$HOME; 空 \* \['A', (?:'LC_CTYPE', )?'PATH'\]\n$/);
});

it('a stop sends SIGTERM to the tool and returns its exit code', async () => {
  const tool = runTool(['sh', '-c', 'trap "echo ended; exit 5" TERM; echo ready; while :; do sleep 0.05; done']);
  await eventually(() => tool.lines().includes('ready'));
  tool.keeper.stdin!.write('stop\n');
  expect(await tool.exitCode).toBe(5);
  expect(tool.lines()).toContain('ended');
});

it('a stop kills a tool that ignores SIGTERM after the grace period', async () => {
  const tool = runTool(['python', join(fixtureApp('ignores-sigterm'), 'main.py')]);
  await eventually(() => tool.lines().includes('ready'));
  tool.keeper.stdin!.write('stop\n');
  expect(await tool.exitCode).toBe(137);
});

it('the keeper kills all processes of a tool when the worker dies, and holds the lock until the processes have ended', async () => {
  const lockPath = join(folder, 'lock');
  const lock = openSync(lockPath, 'a');
  expect(spawnSync('flock', ['3'], { stdio: ['ignore', 'inherit', 'inherit', lock] }).status).toBe(0);
  const tool = runTool(['python', join(fixtureApp('setsid-child'), 'main.py')], { lock });
  closeSync(lock); // as the worker's death would
  const child = await eventually(() => pidIn(tool.lines()));
  expect(isLocked(lockPath)).toBe(true);

  tool.keeper.stdin!.destroy();
  await eventually(() => !isLocked(lockPath));
  expect(isRunning(child)).toBe(false); // never free while anything of the tool lived
  expect(await tool.exitCode).toBe(137);
});

it('a tool doesn’t inherit the lock of its keeper', async () => {
  const lock = openSync(join(folder, 'lock'), 'a');
  const tool = runTool(['sh', '-c', 'ls -l /proc/self/fd'], { lock });
  closeSync(lock);
  await tool.exitCode;
  expect(tool.output()).not.toContain(folder);
});

it('a tool ends when its keeper is killed', async () => {
  const tool = runTool(['sh', '-c', 'echo child $$; exec sleep 3600']);
  const child = await eventually(() => pidIn(tool.lines()));
  tool.keeper.kill('SIGKILL');
  await eventually(() => !isRunning(child));
});
