import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { ManagedProcess, type ManagedProcessOptions } from '../../../src/start/managed-process.js';
import { processIds } from '../../../src/activities/ports/proc.js';
import { eventually } from '../../support/eventually.js';
import { onTestFinished } from '../../support/jest/test-end.js';
import { isThere, killIfThere, readProc } from '../../support/slipway.js';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-part-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'part.log');
}

/** Seconds that no other process sleeps: they name the part's process. */
const seconds = (): string => String(randomInt(1e8, 1e9));

const processesWith = (argument: string): number[] =>
  processIds().filter((pid) => isThere(pid) && readProc(pid, 'cmdline').split('\0').includes(argument));

const withoutBooks = (...argv: ManagedProcessOptions['argv']): ManagedProcessOptions => ({
  name: 'worker',
  argv,
  env: {},
  logFile: logFile(),
  graceMs: 1000,
  onProcess: () => Promise.resolve(),
  ready: () => Promise.resolve(),
});

/** A start that is killed in the moment when it would note down its part. */
const KILLED_START = `
  import { ManagedProcess } from ${JSON.stringify(path('../../../src/start/managed-process.ts'))};
  const part = new ManagedProcess({
    name: 'worker',
    argv: ['/bin/sleep', process.env.SECONDS],
    env: {},
    logFile: process.env.LOG_FILE,
    graceMs: 1000,
    onProcess: () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => undefined); },
    ready: () => Promise.resolve(),
  });
  await part.start();`;

it('a part ends if the start is killed before the part is recorded', async () => {
  const marker = seconds();
  onTestFinished(() => {
    processesWith(marker).forEach(killIfThere);
  });
  const argv = ['--import', path('../../support/typescript.mjs'), '--input-type=module', '--eval', KILLED_START];
  const env = { ...process.env, SECONDS: marker, LOG_FILE: logFile() };
  await expect(promisify(execFile)(process.execPath, argv, { env })).rejects.toMatchObject({ signal: 'SIGKILL' });
  await eventually(() => processesWith(marker).length === 0);
});

it('a part that ends during its start is reported with its own log lines and not with lines of an earlier start', async () => {
  const options = withoutBooks('/bin/sh', '-c', 'echo wrong policy; exit 1');
  writeFileSync(options.logFile, 'of yesterday\n');
  const part = new ManagedProcess({ ...options, ready: () => new Promise(() => undefined) });
  const reason = expect.stringMatching(/^worker ended at once: wrong policy\s*$/);
  await expect(part.start()).rejects.toMatchObject({ code: 'start_failed', params: { reason } }); // told without a stack
});

it('a part runs its program after it is recorded, with an empty input', async () => {
  const marker = seconds();
  let noted = '';
  const part: ManagedProcess = new ManagedProcess({
    ...withoutBooks('/bin/sh', '-c', `read -r _; test $? = 1 && exec sleep ${marker}`),
    onProcess: ({ pid }) => {
      noted = readProc(pid, 'cmdline');
      return Promise.resolve();
    },
    async ready() {
      await eventually(() => readProc(part.pid, 'cmdline') === `sleep\0${marker}\0`);
    },
  });
  onTestFinished(() => part.stop());
  await part.start();
  expect(noted).toContain('/bin/sh\0-c\0');
});

it('a stop doesn’t wait for the delay before a restart of a part', async () => {
  let hasEnded = false;
  const part = new ManagedProcess({
    ...withoutBooks('/bin/false'),
    firstBackoffMs: 3_600_000,
    onEnd: () => Promise.resolve(void (hasEnded = true)),
  });
  await part.start();
  await eventually(() => hasEnded);
  await part.stop();
});
