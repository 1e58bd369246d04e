// npm passes no signal on to what it runs: SIGTERM ends npm and its shell, and would leave the process behind that they started.
import { npmScript } from './config.js';

const LOOK_EVERY_MS = 200;

/** Tests have others. */
export interface Surroundings {
  /** The script that npm runs; `npx` for a program. */
  running: string | undefined;
  /** pid of the parent as it is now: another takes in a process whose parent has ended. */
  parent: () => number;
  lookEveryMs: number;
}
const REAL: Surroundings = { running: npmScript(), parent: () => process.ppid, lookEveryMs: LOOK_EVERY_MS };

/**
 * Calls `gone` once npm's shell, which runs the script of that name, has ended. Never in a process that npm did not start
 * itself: service managers stop those by signals. What a shell put aside (`nohup npm start &`) still has npm above it.
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
