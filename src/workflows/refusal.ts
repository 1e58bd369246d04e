// Errors with which an update's validator rejects a call: an error code, and the parameters of its text.
import { ApplicationFailure } from '@temporalio/workflow';
import type { ErrorCode } from '../contract/errors.js';
import { CLOCK_REFUSAL, type Refused, type ShownTime } from '../contract/messages.js';
import { translate, type TextKey } from '../contract/texts.js';

/** `draining` means that the workflow is about to continue as new, and the caller should send the same call again. */
export function refusal(code: ErrorCode | 'draining', details: Partial<Refused> = {}): ApplicationFailure {
  const { text, params = {} } = details;
  const message =
    code === 'draining'
      ? 'the history is being folded: try again'
      : translate(text ?? (code satisfies TextKey), params, 'en');
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [{ ...details, params }] });
}

/** The validator of `clockUpdate`: its rejection holds the time when Temporal handed out this task. */
export function showTime(): never {
  const shown: ShownTime = { nowMs: Date.now() };
  throw ApplicationFailure.create({ type: CLOCK_REFUSAL, message: 'the time', nonRetryable: true, details: [shown] });
}

export function neverAccepted(): never {
  throw new Error('its validator refuses every call');
}
