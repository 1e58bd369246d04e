// Collects all errors of a request for one response: the wrong fields, or a conflict if no field is wrong.
import { SlipwayError } from '../contract/errors.js';
import type { FieldError } from '../contract/wrong-fields.js';
import { InvalidRequest } from './errors.js';

export class ValidationErrors {
  readonly #fields: FieldError[] = [];
  #conflict: SlipwayError | undefined;

  get areNone(): boolean {
    return this.#fields.length === 0 && this.#conflict === undefined;
  }

  /** Adds a wrong field. Duplicates are dropped. */
  add(path: string, message: string): void {
    const isKnown = this.#fields.some((field) => field.path === path && field.message === message);
    if (!isKnown) this.#fields.push({ path, message });
  }

  /** Runs `read` and collects its field errors below the given path. Other errors are thrown. */
  async of<T>(path: string, read: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof InvalidRequest)
        for (const field of error.fields) this.add(joined(path, field.path), field.message);
      else if (error instanceof SlipwayError && error.code === 'reserved') this.#conflict ??= error;
      else throw error;
      return undefined;
    }
  }

  /** Returns the value, or throws if errors were found. Field errors come before conflicts. */
  orElse<T>(value: T): NonNullable<T> {
    this.refuse();
    if (value === undefined || value === null) throw new Error('nothing was found wrong, and nothing was read');
    return value;
  }

  refuse(): void {
    if (this.#fields.length > 0) throw new InvalidRequest(this.#fields);
    if (this.#conflict) throw this.#conflict;
  }
}

const joined = (...parts: string[]): string => parts.filter((part) => part !== '').join('.');
