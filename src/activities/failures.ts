// Converts SlipwayError to ApplicationFailure. No other module does this.
import { ApplicationFailure } from '@temporalio/common';
import { SlipwayError, type ErrorRecord } from '../contract/errors.js';
import { translate, type TextParams } from '../contract/texts.js';
import type { Language } from '../contract/states.js';

type Activity = (...args: never[]) => Promise<unknown>;

/** Wraps every activity, so that its errors reach the workflow as data: code, text key, log tail, cause. */
export function translateErrors<T extends Record<string, Activity>>(activities: T, language: Language): T {
  const wrapped = Object.entries(activities).map(([name, run]) => [
    name,
    async (...args: never[]) => {
      try {
        return await run(...args);
      } catch (error) {
        throw toFailure(error, language);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T; // the same keys, each with its own type
}

/** More than any message needs. */
const PARAM_CHARACTERS = 1000;

export function toFailure(error: unknown, language: Language): unknown {
  if (!(error instanceof SlipwayError)) return error; // unknown: the step's retry policy decides
  const { code, text, logTail, retryable, cause } = error;
  const params = shortened(error.params);
  const record: ErrorRecord = { code, text, params, logTail };
  return ApplicationFailure.create({
    type: code,
    message: translate(text, params, language),
    nonRetryable: !retryable,
    details: [record],
    ...(cause instanceof Error && { cause }),
  });
}

/**
 * Shortens parameters. A parameter may contain a project's text of any length, and Temporal keeps every failure in its
 * history.
 */
function shortened(params: TextParams): TextParams {
  const entries = Object.entries(params).map(([name, value]) => [name, clipped(value)]);
  return Object.fromEntries(entries) as TextParams;
}

const clipped = (value: string | number): string | number =>
  typeof value === 'string' && value.length > PARAM_CHARACTERS ? `${value.slice(0, PARAM_CHARACTERS)}…` : value;
