// The errors of commands: the CLI's own, or an error response of the API. main.ts prints all errors.
import type { Problem } from './bodies.js';
import type { CliSentence } from './texts.js';
import type { MessageParams } from '../contract/message-types.js';
import type { TextParams } from '../contract/texts.js';

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

type CliErrorArguments = {
  [K in CliSentence]: keyof MessageParams['cli'][K] extends never
    ? [key: K, params?: TextParams, cause?: unknown]
    : [key: K, params: Readonly<MessageParams['cli'][K]>, cause?: unknown];
}[CliSentence];

export class CliError extends Error {
  readonly key: CliSentence;
  readonly params: TextParams;

  constructor(...[key, params = {}, cause]: CliErrorArguments) {
    super(`${key} ${JSON.stringify(params)}`, { cause });
    this.key = key;
    this.params = params;
  }
}

/** An error response of the API. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

export const isRefused = (error: unknown, ...codes: string[]): error is Refused =>
  error instanceof Refused && codes.includes(error.problem.code);

/**
 * Returns the message of any thrown value. For a failed fetch, returns the message of its cause, which has more
 * details.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && error.message === 'fetch failed') return reasonOf(cause);
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
