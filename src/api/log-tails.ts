// Follows logs. Readers at the same position, such as the end, share one read.
import { EventEmitter, once } from 'node:events';
import type { LogLine } from './logs.js';
import { RecentMap } from './recent-map.js';

/** The longest delay until a new line is detected. */
const LOOK_MS = 250;

/** The chunks to cache for readers at about the same position: about 3 MB for each followed log. */
const CHUNKS_HELD = 32;

/** A line, and the position after it. */
export interface PlacedLine {
  place: string;
  line: LogLine;
}

/** The next lines. At the current end, the list is empty and `next` is the same position. */
export interface LogChunk {
  lines: PlacedLine[];
  next: string;
}

/** A log that can grow. Its positions are event ids, which are opaque to other modules. */
export interface LogSource {
  /** Identifies the log: a path. */
  key: string;
  start: string;
  isPlace(id: string): boolean;
  /** Returns the position of a byte offset. */
  atByte(offset: number): string;
  read(place: string): Promise<LogChunk>;
  /** Returns a position with about this many bytes after it, or `start` if the log is shorter. */
  nearEnd(bytes: number): Promise<string>;
}

export interface LogTail {
  read(place: string): Promise<LogChunk>;
  /** Resolves when it is time to read again. */
  next(signal: AbortSignal): Promise<void>;
  leave(): void;
}

interface Shared {
  readers: number;
  looks: EventEmitter;
  timer: NodeJS.Timeout;
  /** Counts the intervals. */
  look: number;
  /**
   * Recent reads by position. Whole chunks don't change. The chunk at the end is valid only until the next interval.
   */
  reads: RecentMap<{ chunk: Promise<LogChunk>; look: number; isEnd: boolean }>;
}

export function createLogTails(lookMs = LOOK_MS) {
  const followed = new Map<string, Shared>();
  return { follow };

  function follow(source: LogSource): LogTail {
    const shared = followed.get(source.key) ?? begin(source.key);
    shared.readers += 1;
    return {
      async read(place) {
        const cached = shared.reads.get(place);
        if (cached && (!cached.isEnd || cached.look === shared.look)) return cached.chunk;
        const read = { chunk: source.read(place), look: shared.look, isEnd: true };
        shared.reads.set(place, read);
        const chunk = await read.chunk;
        read.isEnd = chunk.next === place;
        return chunk;
      },
      async next(signal) {
        await once(shared.looks, 'again', { signal });
      },
      leave() {
        shared.readers -= 1;
        if (shared.readers > 0) return;
        clearInterval(shared.timer);
        followed.delete(source.key);
      },
    };
  }

  function begin(key: string): Shared {
    const looks = new EventEmitter().setMaxListeners(0);
    const timer = setInterval(() => {
      shared.look += 1;
      looks.emit('again');
    }, lookMs);
    const shared: Shared = { readers: 0, looks, timer, look: 0, reads: new RecentMap(CHUNKS_HELD) };
    followed.set(key, shared);
    return shared;
  }
}
