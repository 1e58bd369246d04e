import { SlipwayError, type ErrorCode } from '../contract/errors.js';
import { messageOf, type Message, type TextWith } from '../contract/texts.js';
import { reasonOf, type FieldError } from '../contract/wrong-fields.js';

/** An invalid request, with all fields that are wrong. */
export class InvalidRequest extends SlipwayError {
  constructor(readonly fields: FieldError[]) {
    super('invalid', { params: { reason: reasonOf(fields) } });
  }
}

/** A wrong field, detected in code that doesn't have the caller's language. */
export class RefusedField extends SlipwayError {
  constructor(
    readonly path: string,
    message: Message,
  ) {
    super('invalid', message);
  }
}

/** A field that only other callers may send. */
export class ForbiddenField extends SlipwayError {
  constructor(
    readonly path: string,
    text: TextWith<never>,
  ) {
    super('forbidden', messageOf(text, {}));
  }
}

/** Returns the error for a reserved service name. */
export const reserved = (name: string): SlipwayError => new SlipwayError('reserved', { params: { name } });

/** An error with its own response headers: `Retry-After`, `Allow`. */
export class Refusal extends SlipwayError {
  constructor(
    code: ErrorCode,
    message: Message,
    readonly headers: Record<string, string>,
  ) {
    super(code, message);
  }
}
