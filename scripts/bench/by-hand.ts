// What somebody would do without Slipway: run the tools, start the app, wait for its first good answer.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort, type Slipway } from '../../test/support/slipway.js';
import { callHttp } from '../../test/support/http.js';

const LOOK_AGAIN_MS = 5;
const ANSWERS_WITHIN_MS = 60_000;

/** Runs a tool to its end; fails when it fails. */
export async function runTool(
  argv: readonly [string, ...string[]],
  options: { cwd: string; env?: Record<string, string> },
): Promise<void> {
  const [program, ...words] = argv;
  await promisify(execFile)(program, words, { ...options, env: { ...process.env, ...options.env } });
}

export async function untilAnswering(url: string): Promise<void> {
  const deadline = Date.now() + ANSWERS_WITHIN_MS;
  while (!(await answers(url))) {
    if (Date.now() > deadline) throw new Error(`${url} does not answer`);
    await delay(LOOK_AGAIN_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await callHttp(url)).status === 200;
  } catch {
    return false; // nobody listens yet
  }
}

export interface HandStart {
  command: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** Milliseconds from the start of an app until its first 200. It is ended again. */
export async function startByHand({ command, cwd, env }: HandStart): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn('/bin/sh', ['-c', command], {
    cwd,
    env: { ...env, PORT: String(port) },
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  try {
    await Promise.race([untilAnswering(`http://127.0.0.1:${port}/`), ended.then(tooEarly)]);
    return performance.now() - startedAt;
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await ended;
  }
}

function tooEarly(): never {
  throw new Error('an app that was started by hand ended before it answered');
}

/** How a running app of Slipway's would be started by hand: in a copy of its folder, as releases go when newer ones come. */
export function handStartOf(slipway: Slipway, service: string, command: string): HandStart {
  const [pid] = slipway.appProcesses(service);
  if (pid === undefined) throw new Error(`${service} does not run`);
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const own = entries.filter((entry) => entry.includes('=') && !entry.startsWith('SLIPWAY_INSTANCE='));
  const env = Object.fromEntries(own.map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const cwd = mkdtempSync(join(slipway.home, 'by-hand-'));
  cpSync(`/proc/${pid}/cwd/.`, cwd, { recursive: true });
  return { command, cwd, env };
}
