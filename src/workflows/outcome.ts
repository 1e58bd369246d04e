// How an attempt, and with it the deployment, can end.
import type { ErrorRecord } from '../contract/errors.js';

export type Outcome =
  | { kind: 'completed'; changed: boolean; release?: string; url?: string }
  | { kind: 'failed'; error: ErrorRecord }
  /** The mode cannot run this project, or its host lacks what it takes. */
  | { kind: 'skipped'; error: ErrorRecord }
  | { kind: 'cancelled'; error: ErrorRecord };

/** Wrong in every mode: the next one would only fail the same way. */
const WRONG_IN_EVERY_MODE = new Set([
  'invalid',
  'source_unreachable',
  'source_invalid',
  'no_python_project',
  'no_entry_point',
  'lock_outdated', // pip would ignore the lock that prod insists on
  'deployment_timeout',
]);

/** A shell's codes for a program that is not there, or can't be run. */
const PROGRAM_MISSING = new Set(['126', '127']);
/** A library, a program or a package that this mode lacks or may not run, in Python's and the kernel's words. */
const LACKS_OF_THE_MODE =
  /cannot open shared object file|No such file or directory: '[\w-]+'|^(ModuleNotFoundError|ImportError|PermissionError)\b|exec format error/i;

/**
 * Whether the app, or its release command, ended with an error of its own: it would end so in every mode. A signal says
 * nothing of its cause.
 */
export function isAppsOwn({ code, params, logTail }: ErrorRecord): boolean {
  if (code !== 'app_exited' && code !== 'release_command_failed') return false;
  const [exit = ''] = /\d+$/.exec(String(params['exit'])) ?? [];
  if (exit === '' || Number(exit) > 128 || PROGRAM_MISSING.has(exit)) return false;
  return !logTail.some((line) => LACKS_OF_THE_MODE.test(line));
}

/** Whether the next mode is tried: never after a bad request, a cancellation, or the deployment's own timeout. */
export function fallsThrough(outcome: Outcome): boolean {
  if (outcome.kind === 'skipped') return true;
  return outcome.kind === 'failed' && !WRONG_IN_EVERY_MODE.has(outcome.error.code);
}
