// The possible outcomes of an attempt and of its deployment.
import type { ErrorRecord } from '../contract/errors.js';

export type Outcome =
  | { kind: 'completed'; changed: boolean; release?: string; url?: string }
  | { kind: 'failed'; error: ErrorRecord }
  /** The mode can't run this project, or its host lacks a requirement. */
  | { kind: 'skipped'; error: ErrorRecord }
  | { kind: 'cancelled'; error: ErrorRecord };

/** Errors that every mode would repeat. */
const WRONG_IN_EVERY_MODE = new Set([
  'invalid',
  'source_unreachable',
  'source_invalid',
  'no_python_project',
  'no_entry_point',
  'lock_outdated', // pip would ignore the lock that production requires
  'deployment_timeout',
]);

/** A shell's exit codes for a program that is missing or can't be run. */
const PROGRAM_MISSING = new Set(['126', '127']);
/** Messages of Python and the kernel about a library, a program or a package that this mode lacks or may not use. */
const LACKS_OF_THE_MODE =
  /cannot open shared object file|No such file or directory: '[\w-]+'|^(ModuleNotFoundError|ImportError|PermissionError)\b|exec format error/i;

/**
 * Returns true if the app, or its release command, ended with an error of its own: it would fail in every mode. A
 * signal doesn't show its cause, so it doesn't count.
 */
export function isAppsOwn({ code, params, logTail }: ErrorRecord): boolean {
  if (code !== 'app_exited' && code !== 'release_command_failed') return false;
  const [exit = ''] = /\d+$/.exec(String(params['exit'])) ?? [];
  if (exit === '' || Number(exit) > 128 || PROGRAM_MISSING.has(exit)) return false;
  return !logTail.some((line) => LACKS_OF_THE_MODE.test(line));
}

/**
 * Returns true if the next mode is attempted: never after a bad request, a cancellation, or the deployment's timeout.
 */
export function fallsThrough(outcome: Outcome): boolean {
  if (outcome.kind === 'skipped') return true;
  return outcome.kind === 'failed' && !WRONG_IN_EVERY_MODE.has(outcome.error.code);
}
