import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { LogPort } from '../../../src/activities/ports/log-port.js';
import { copyToLog, sayInLog } from '../../../src/activities/run-logged.js';

/** A log that is written this way, and asked for nothing else. */
function copyTo(write: LogPort['write']) {
  return copyToLog({ logs: { write } }, { deploymentId: 'd1', step: 'install', masked: ['geheim'] });
}

it('lines reach the log in their order, masked, however long one takes', async () => {
  const log: string[] = [];
  const copy = copyTo(async (_id, { lines }) => {
    await delay(lines[0] === 'one' ? 20 : 0);
    log.push(...lines);
  });
  copy.write('stdout', ['one']);
  copy.write('stderr', ['two geheim']);
  await copy.written();
  expect(log).toEqual(['one', 'two ********']);
});

it('a log that can’t be written fails who asks at the end, and nobody before', async () => {
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const copy = copyTo(() => Promise.reject(full));
  copy.write('stdout', ['one']);
  await delay(10); // a rejection nobody holds would end the process here
  copy.write('stdout', ['two']);
  await expect(copy.written()).rejects.toBe(full);
});

it('what Slipway says of a project stays one line each, whatever its names hold', async () => {
  const log: string[] = [];
  const write: LogPort['write'] = (_id, { lines }) => Promise.resolve(void log.push(...lines));
  const copy = copyTo(write);
  copy.write('slipway', ['$ uv sync --package a\ngeheim\u0085\u2028\tb']);
  await copy.written();
  await sayInLog({ logs: { write } }, { deploymentId: 'd1', step: 'prepare', masked: ['x\ny'] }, 'a\rb', 'x\ny');
  expect(log).toEqual(['$ uv sync --package a\\n********\\u0085\\u2028\tb', 'a\\rb', '********']);
});
