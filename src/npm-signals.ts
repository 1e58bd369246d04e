// Detects the end of npm, which doesn't pass signals to its child processes. SIGTERM ends npm and its shell, and the
// process that they started would remain.
import { npmScript } from './config.js';

const LOOK_EVERY_MS = 200;

/** Replaceable in tests. */
export interface Surroundings {
  /** The script that npm runs. `npx` for a program. */
  running: string | undefined;
  /** Returns the current pid of the parent. If the parent ends, the process gets another parent. */
  parent: () => number;
  lookEveryMs: number;
}
const REAL: Surroundings = { running: npmScript(), parent: () => process.ppid, lookEveryMs: LOOK_EVERY_MS };

/**
 * Calls `gone` after npm's shell, which runs the script of this name, has ended. Never calls `gone` in a process that
 * npm didn't start: service managers stop their processes with signals. A process in the background (`nohup npm start
 * &`) still has npm as a parent.
 */
export function whenNpmShellEnds(
  script: string,
  gone: () => void,
  { running, parent, lookEveryMs }: Surroundings = REAL,
): void {
  const shell = parent();
  if (running !== script || shell === 1) return;
  const looking = setInterval(() => {
    if (parent() === shell) return;
    clearInterval(looking);
    gone();
  }, lookEveryMs);
  looking.unref();
}
