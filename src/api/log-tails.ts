// Following a log: whoever stands at the same place of it, as those who wait at its end do, shares one read.
import { EventEmitter, once } from 'node:events';
import type { LogLine } from './logs.js';
import { RecentMap } from './recent-map.js';

/** How late a line may be seen. */
const LOOK_MS = 250;

/** For those who read at about the same pace: some 3 MB for each log that is followed. */
const CHUNKS_HELD = 32;

/** A line, and the place after it. */
export interface PlacedLine {
  place: string;
  line: LogLine;
}

/** The next lines; none, and the same place, at the present end. */
export interface LogChunk {
  lines: PlacedLine[];
  next: string;
}

/** A log that grows. Its places are event ids: opaque to everybody else. */
export interface LogSource {
  /** What it is the log of: a path. */
  key: string;
  start: string;
  isPlace(id: string): boolean;
  /** Where a byte offset is. */
  atByte(offset: number): string;
  read(place: string): Promise<LogChunk>;
  /** A place with about so many bytes after it; `start` where there are no more. */
  nearEnd(bytes: number): Promise<string>;
}

export interface LogTail {
  read(place: string): Promise<LogChunk>;
  /** Resolves when it is time to look again. */
  next(signal: AbortSignal): Promise<void>;
  leave(): void;
}

interface Shared {
  readers: number;
  looks: EventEmitter;
  timer: NodeJS.Timeout;
  /** Counts them. */
  look: number;
  /** What was read last, by its place: whole chunks stay as they are, the end only until the next look. */
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
        const known = shared.reads.get(place);
        if (known && (!known.isEnd || known.look === shared.look)) return known.chunk;
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
