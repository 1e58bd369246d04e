// How an update's validator says no: an error's code, and what its sentence needs.
import { ApplicationFailure } from '@temporalio/workflow';
import type { ErrorCode } from '../contract/errors.js';
import { CLOCK_REFUSAL, type Refused, type ShownTime } from '../contract/messages.js';
import { say, type TextKey } from '../contract/texts.js';

/** `draining`: the workflow is folding its history, and the same call is to be sent again. */
export function refusal(code: ErrorCode | 'draining', told: Partial<Refused> = {}): ApplicationFailure {
  const { text, params = {} } = told;
  const message =
    code === 'draining'
      ? 'the history is being folded: try again'
      : say(text ?? (code satisfies TextKey), params, 'en');
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [{ ...told, params }] });
}

/** Validator of `clockUpdate`: the refusal holds when Temporal handed this task out. */
export function showTime(): never {
  const shown: ShownTime = { nowMs: Date.now() };
  throw ApplicationFailure.create({ type: CLOCK_REFUSAL, message: 'the time', nonRetryable: true, details: [shown] });
}

export function neverAccepted(): never {
  throw new Error('its validator refuses every call');
}
