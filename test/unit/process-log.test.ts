import { expect, it } from '@jest/globals';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { pino } from 'pino';
import { createLogDestination, openProcessLog, writeToPipe } from '../../src/process-log.js';

/** A disk with room for so many bytes. */
function diskOf(room: number) {
  const disk = { room, text: '', tries: 0 };
  const write = (piece: Buffer): number => {
    disk.tries += 1;
    const taken = piece.subarray(0, disk.room);
    if (taken.length === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    disk.room -= taken.length;
    disk.text += taken.toString();
    return taken.length;
  };
  return { disk, write };
}

it('log lines that a full disk refuses are counted, and each line is tried once', () => {
  const { disk, write } = diskOf(0);
  const destination = createLogDestination(write);
  const log = pino({}, destination);
  for (let i = 0; i < 10_000; i += 1) log.info('lost');
  expect(destination.lostLines()).toBe(10_000);
  expect(disk.tries).toBe(10_000);
});

it('the log continues when the disk has space again and records the number of lost lines', () => {
  const { disk, write } = diskOf(120);
  const destination = createLogDestination(write);
  const log = pino({ base: null, timestamp: false }, destination);
  log.info('a'.repeat(80));
  log.info('b'.repeat(80)); // cut
  log.info('c');
  disk.room = 10_000;
  log.info('d');
  const lines = disk.text.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(JSON.parse(lines[2]!)).toMatchObject({ level: 40, lostLines: 2 });
  expect(JSON.parse(lines[3]!)).toEqual({ level: 30, msg: 'd' });
  expect(destination.lostLines()).toBe(2);
});

it('a write to a full pipe is retried for a slow reader and fails for a reader that stopped', () => {
  const full = Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
  let refusals = 3;
  const write = (text: Buffer): number => {
    if (refusals > 0) {
      refusals -= 1;
      throw full;
    }
    return text.length;
  };
  expect(writeToPipe(write, Buffer.from('line'))).toBe(4);
  refusals = Infinity;
  expect(() => writeToPipe(write, Buffer.from('line'))).toThrow(full);
});

it('the log contains the cause of a failed activity for an error from a workflow', () => {
  let text = '';
  const { log } = openProcessLog('info', 'worker', (piece) => {
    text += piece.toString();
    return piece.length;
  });
  const cause = ApplicationFailure.create({ type: 'app_exited', message: 'the port is taken' });
  const error = new ActivityFailure(
    'Activity task failed',
    'startInstance',
    '7',
    'MAXIMUM_ATTEMPTS_REACHED',
    'host',
    cause,
  );
  log.error(structuredClone({ error }), 'the app could not be started again'); // workflows run in a thread of their own
  expect(JSON.parse(text)).toMatchObject({
    part: 'worker',
    msg: 'the app could not be started again',
    error: { message: 'Activity task failed: the port is taken' },
  });
});
