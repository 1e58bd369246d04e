import { readFile } from 'node:fs/promises';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { deploymentLog } from '../../../src/contract/layout.js';
import type { LogPort } from '../../../src/activities/ports/log-port.js';
import { copyToLog, runLogged, sayInLog, type LogTarget } from '../../../src/activities/run-logged.js';
import { eventually, makeHost } from '../../support/activity-host.js';

/** A log that is written this way, and asked for nothing else. */
function copyTo(write: LogPort['write'], isFull: LogPort['isFull'] = () => false) {
  return copyToLog({ logs: { write, isFull } }, { deploymentId: 'd1', step: 'install', masked: ['geheim'] });
}

it('lines reach the log in order and masked, even if a write is slow', async () => {
  const log: string[] = [];
  const copy = copyTo(async (_id, { lines }) => {
    await delay(lines[0] === 'one' ? 20 : 0);
    log.push(...lines);
  });
  void copy.write('stdout', ['one']);
  void copy.write('stderr', ['two geheim']);
  await copy.written();
  expect(log).toEqual(['one', 'two ********']);
});

it('a failed write to the log is reported only when the end of the log is awaited', async () => {
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const copy = copyTo(() => Promise.reject(full));
  await copy.write('stdout', ['one']);
  await copy.write('stdout', ['two']);
  await expect(copy.written()).rejects.toBe(full);
});

it('line breaks and control characters in messages of Slipway are escaped, so each message stays one line', async () => {
  const log: string[] = [];
  const write: LogPort['write'] = (_id, { lines }) => Promise.resolve(void log.push(...lines));
  const copy = copyTo(write);
  await copy.write('slipway', ['$ uv sync --package a\ngeheim\u0085\u2028\tb']);
  await copy.written();
  await sayInLog(
    { logs: { write, isFull: () => false } },
    { deploymentId: 'd1', step: 'prepare', masked: ['x\ny'] },
    'a\rb',
    'x\ny',
  );
  expect(log).toEqual(['$ uv sync --package a\\n********\\u0085\\u2028\tb', 'a\\rb', '********']);
});

function openPromise(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('tools with endless output', () => {
  const target: LogTarget = { deploymentId: 'd1', step: 'configure', masked: ['geheim'] };
  const shell = (script: string): string[] => ['/bin/sh', '-c', script];
  const env = { PATH: process.env['PATH'] ?? '' };

  it('a tool is paused while the log is behind, so few lines are held in memory', async () => {
    const { ports } = await makeHost();
    const { promise: behind, resolve: catchUp } = openPromise();
    const write: LogPort['write'] = (_id, { stream }) => (stream === 'slipway' ? Promise.resolve() : behind);
    let held = 0;
    const shown = (lines: readonly string[]): string[] => {
      held += lines.length;
      return [...lines];
    };
    const stop = new AbortController();
    const logs = { write, isFull: () => false };
    const options = { cwd: '/', env, signal: stop.signal, shown };
    const running = runLogged({ tools: ports.tools, logs }, target, ['yes'], options);
    await eventually(() => held > 0);
    for (let turn = 0; turn < 5000; turn += 1) await setImmediate(); // a reader would read on meanwhile
    expect(held).toBeLessThan(100_000);
    stop.abort(new Error('enough'));
    catchUp();
    await expect(running).rejects.toThrow('enough');
  });

  it('a tool fills the log to its limit, which is logged once, and its last lines are complete and masked', async () => {
    const { ports, settings } = await makeHost();
    const script = 'yes | head -n 1000000; seq 1 300 | sed "s/^/geheim /"; exit 3';
    const result = await runLogged(ports, target, shell(script), { cwd: '/', env });
    expect(result.exitCode).toBe(3);
    expect(result.tail).toEqual(Array.from({ length: 300 }, (_, i) => `******** ${i + 1}`));
    const log = await readFile(deploymentLog(settings.layout, 'd1'), 'utf8');
    expect(log.length).toBeLessThan(25 * 1024 * 1024);
    expect(log.match(/the log is full/g)).toHaveLength(1);
    expect(log).not.toContain('geheim ');
    expect(ports.logs.isFull('d1')).toBe(true);
  });

  it('lines for a full log are dropped without being masked', async () => {
    const copy = copyTo(
      () => Promise.reject(new Error('the log is full')),
      () => true,
    );
    const lines = new Proxy<string[]>([], {
      get() {
        throw new Error('a dropped line was read');
      },
    });
    await copy.write('stdout', lines);
    await copy.written();
  });
});
