// What a command fails with: its own sentence, or the API's refusal. main.ts alone puts them into words.
import type { Problem } from './bodies.js';
import type { CliSentence } from '../contract/texts-cli.js';
import type { TextParams } from '../contract/texts.js';

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

export class CliError extends Error {
  constructor(
    readonly key: CliSentence,
    readonly params: TextParams = {},
    cause?: unknown,
  ) {
    super(`${key} ${JSON.stringify(params)}`, { cause });
  }
}

/** The API's own words (contract §7). */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

export const isRefused = (error: unknown, ...codes: string[]): error is Refused =>
  error instanceof Refused && codes.includes(error.problem.code);

/** The words of whatever was thrown; of a failed fetch those of its cause, which says more. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && error.message === 'fetch failed') return reasonOf(cause);
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
