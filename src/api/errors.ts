import { SlipwayError } from '../contract/errors.js';

/** One wrong field: its path, and what would be right, in the caller's language. */
export interface FieldError {
  path: string;
  message: string;
}

/** A request whose fields are wrong: each is named. */
export class InvalidRequest extends SlipwayError {
  constructor(readonly fields: FieldError[]) {
    super('invalid', { params: { reason: fields.map(({ path, message }) => `${path}: ${message}`).join('; ') } });
  }
}

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
