// The service rows that changed last, because visibility, which lists all rows, lags behind.
import { MOST_WHOLE_BYTES, MOST_WHOLE_ROWS } from '../contract/messages.js';
import type { ServiceRow } from '../contract/views.js';
import { jsonBytes } from '../contract/json-bytes.js';

/** The number of unregistered services to store. A list may still show them. */
const MOST_LEFT = 100;

/** Plain JSON, because continue-as-new carries it over. */
export interface RecentRecord {
  /** In the order of their changes, latest last. */
  rows: ServiceRow[];
  left: string[];
}

export class RecentRows {
  readonly #rows: Map<string, ServiceRow>;
  #left: string[];
  #bytes = 0;

  constructor({ rows, left }: RecentRecord = { rows: [], left: [] }) {
    this.#rows = new Map();
    this.#left = left;
    for (const row of rows) this.put(row);
  }

  get record(): RecentRecord {
    return { rows: [...this.#rows.values()], left: this.#left };
  }

  get size(): number {
    return this.#rows.size;
  }

  put(row: ServiceRow): void {
    this.#drop(row.name);
    this.#left = this.#left.filter((name) => name !== row.name);
    this.#rows.set(row.name, row);
    this.#bytes += jsonBytes(row);
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= MOST_WHOLE_ROWS && this.#bytes <= MOST_WHOLE_BYTES) return;
      this.#drop(oldest);
    }
  }

  leave(name: string): void {
    this.#drop(name);
    this.#left = [...this.#left.filter((other) => other !== name), name].slice(-MOST_LEFT);
  }

  #drop(name: string): void {
    const row = this.#rows.get(name);
    if (!row) return;
    this.#rows.delete(name);
    this.#bytes -= jsonBytes(row);
  }
}
