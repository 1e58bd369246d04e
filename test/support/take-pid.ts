// A process under a pid that a dead one had: Linux gives out the next free number, and lets root say where to count from.
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';

const LAST_PID = '/proc/sys/kernel/ns_last_pid';
/** Others on the machine start processes as well. */
const TRIES = 500;

/** Why it can't be done here; undefined when it can. */
export function cannotTakePids(): string | undefined {
  try {
    accessSync(LAST_PID, constants.W_OK);
    return undefined;
  } catch {
    return `${LAST_PID} can’t be written here`;
  }
}

/** A `sleep` of nobody's, under that pid; undefined when another process of this machine was quicker. */
export function takePid(pid: number): ChildProcess | undefined {
  for (let tries = 0; tries < TRIES; tries += 1) {
    writeFileSync(LAST_PID, String(pid - 1));
    const child = spawn('sleep', ['3600'], { stdio: 'ignore' });
    if (child.pid === pid) return child;
    child.kill('SIGKILL');
  }
  return undefined;
}
