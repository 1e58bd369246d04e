import { SlipwayError } from '../contract/errors.js';
import type { TextKey, TextParams } from '../contract/texts.js';
import { reasonOf, type FieldError } from '../contract/wrong-fields.js';

/** A request whose fields are wrong: each is named. */
export class InvalidRequest extends SlipwayError {
  constructor(readonly fields: FieldError[]) {
    super('invalid', { params: { reason: reasonOf(fields) } });
  }
}

/** One field that is wrong, found out where the caller's language isn't known. */
export class RefusedField extends SlipwayError {
  constructor(
    readonly path: string,
    text: TextKey,
    params: TextParams,
  ) {
    super('invalid', { text, params });
  }
}

/** A field that this caller may not send, though another one may. */
export class ForbiddenField extends SlipwayError {
  constructor(
    readonly path: string,
    text: TextKey,
  ) {
    super('forbidden', { text });
  }
}

/** A name that no service may have. */
export const reserved = (name: string): SlipwayError => new SlipwayError('reserved', { params: { name } });

/** A refusal with headers of its own: `Retry-After`, `Allow`. */
export class Refusal extends SlipwayError {
  constructor(
    code: ConstructorParameters<typeof SlipwayError>[0],
    facts: ConstructorParameters<typeof SlipwayError>[1],
    readonly headers: Record<string, string>,
  ) {
    super(code, facts);
  }
}
