import { SlipwayError } from '../contract/errors.js';
import type { TextKey, TextParams } from '../contract/texts.js';
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
    text: TextKey,
    params: TextParams,
  ) {
    super('invalid', { text, params });
  }
}

/** A field that only other callers may send. */
export class ForbiddenField extends SlipwayError {
  constructor(
    readonly path: string,
    text: TextKey,
  ) {
    super('forbidden', { text });
  }
}

/** Returns the error for a reserved service name. */
export const reserved = (name: string): SlipwayError => new SlipwayError('reserved', { params: { name } });

/** An error with its own response headers: `Retry-After`, `Allow`. */
export class Refusal extends SlipwayError {
  constructor(
    code: ConstructorParameters<typeof SlipwayError>[0],
    facts: ConstructorParameters<typeof SlipwayError>[1],
    readonly headers: Record<string, string>,
  ) {
    super(code, facts);
  }
}
