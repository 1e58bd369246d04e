// All that is wrong with a request, in one answer: each field with its path, and a conflict only where no field is wrong.
import { SlipwayError } from '../contract/errors.js';
import type { FieldError } from '../contract/wrong-fields.js';
import { InvalidRequest } from './errors.js';

export class Findings {
  readonly #fields: FieldError[] = [];
  #conflict: SlipwayError | undefined;

  get areNone(): boolean {
    return this.#fields.length === 0 && this.#conflict === undefined;
  }

  /** Told once, however often it is found. */
  add(path: string, message: string): void {
    const isKnown = this.#fields.some((field) => field.path === path && field.message === message);
    if (!isKnown) this.#fields.push({ path, message });
  }

  /** What is wrong is kept, below the given path: any other error is the whole call's. */
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

  /** The value, unless something was found: fields before conflicts (contract §2). */
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
