// Makes the log of a service available to streams: its instances, each with rotated files. During a switch, two
// instances may write at the same time.
import { open, readdir, stat } from 'node:fs/promises';
import { ifThere } from '../files.js';
import { readWholeLines } from '../line-buffer.js';
import { CHUNK_BYTES } from './deployment-log.js';
import type { LogChunk, LogSource } from './log-tails.js';
import { linesIn } from './logs.js';

/** The maximum number of instances in a position: more than can write at the same time. */
const NAMED_INSTANCES = 4;
/** The number of newest instances that may write again although a position doesn't name them. */
const LATEST_INSTANCES = 50;
/** The maximum number of rotations between listing the folder and reading its files. */
const ROTATIONS_MEANWHILE = 2;
/** The delay of file times: a file has the time of the kernel's last tick, which is a little before the line's time. */
const FILE_TIME_LAG_MS = 100;
/** The bytes to read of a file's first line, which starts with `{"ts":"…"`. */
const HEAD_BYTES = 64;

/**
 * A position in one file of an instance. The file is identified by the time of its first line (ms), because its name
 * changes with each rotation and inodes are reused.
 */
interface PartPlace {
  part: number;
  offset: number;
}

/**
 * The position in all instances. Instances that aren't named were read up to the time `until` (ms). If an instance is
 * newer than all named instances, nothing of it was read.
 */
interface Place {
  until: number;
  /** By the number of the instance, most recently read first. */
  named: [number, PartPlace][];
}

interface Instance {
  count: number;
  path: string;
  /** The rotation number of its oldest file. */
  age: number;
}

interface Part {
  part: number;
  path: string;
}

const PLACE = /^\d{1,15}(,\d{1,9}-\d{1,15}-\d{1,15}){1,4}$/;

export function serviceLogSource(folder: string): LogSource {
  return { key: folder, start: '0', isPlace: (id) => PLACE.test(id), atByte: () => '0', nearEnd, read };

  /** Reads the next chunk of the oldest instance that has unread lines. */
  async function read(id: string): Promise<LogChunk> {
    const place = placeOf(id);
    const instances = await instancesIn(folder);
    const newestNamed = Math.max(0, ...place.named.map(([count]) => count));
    const latest = instances.at(-LATEST_INSTANCES)?.count ?? 0;
    for (const instance of instances) {
      const named = place.named.find(([count]) => count === instance.count)?.[1];
      if (!named && instance.count <= newestNamed) {
        if (instance.count < latest || !(await wasWrittenSince(instance, place.until))) continue;
      }
      const isNew = !named && instance.count > newestNamed;
      const chunk = await nextOf(instance, place, named ?? { part: 0, offset: 0 }, named || isNew ? 0 : place.until);
      if (chunk) return chunk;
    }
    return { lines: [], next: id };
  }

  /** Returns a position near the end. Earlier instances count as read, later instances as unread. */
  async function nearEnd(bytes: number): Promise<string> {
    let left = bytes;
    for (const instance of (await instancesIn(folder)).reverse()) {
      for (const { part, path } of (await partsOf(instance)).reverse()) {
        const size = (await ifThere(stat(path)))?.size ?? 0;
        if (size > left) return `${Date.now()},${instance.count}-${part}-${size - left}`;
        left -= size;
      }
    }
    return '0';
  }
}

/**
 * Returns the first chunk after the position with a line later than `after` (ms), or undefined at the instance's
 * current end.
 */
async function nextOf(instance: Instance, place: Place, from: PartPlace, after: number): Promise<LogChunk | undefined> {
  const parts = await partsOf(instance); // listed before reading: a file that has a newer file isn't written any more
  const at = parts.findIndex(({ part }) => part === from.part);
  // Rotation may have removed the part that the position names.
  const unread = at < 0 ? parts.filter(({ part }) => part > from.part) : parts.slice(at);
  for (const { part, path } of unread) {
    let offset = part === from.part ? from.offset : 0;
    for (;;) {
      const text = await readPart(path, part, offset);
      if (!text) return nextOf(instance, place, { part, offset }, after); // rotated since it was listed
      if (text.length === 0) break;
      const lines = linesIn(text).filter(({ line }) => after === 0 || Date.parse(line.ts) > after);
      const start = offset;
      offset += text.length;
      if (lines.length === 0 && after > 0) continue;
      return chunkOf(place, instance.count, part, { start, end: offset, lines });
    }
  }
  return undefined;
}

function chunkOf(
  { until, named }: Place,
  count: number,
  part: number,
  { start, end, lines }: { start: number; end: number; lines: ReturnType<typeof linesIn> },
): LogChunk {
  const rest = othersOf(named, count)
    .map(([other, at]) => `,${other}-${at.part}-${at.offset}`)
    .join('');
  let latest = until;
  const idAt = (offset: number): string => `${latest},${count}-${part}-${offset}${rest}`;
  const placed = lines.map(({ line, end: after }) => {
    latest = Math.max(latest, Date.parse(line.ts));
    return { line, place: idAt(start + after) };
  });
  return { lines: placed, next: idAt(end) };
}

/** Returns the most recently read instances, and always the newest, which is needed to detect newer instances. */
function othersOf(named: Place['named'], count: number): Place['named'] {
  const others = named.filter(([other]) => other !== count);
  const newest = Math.max(0, ...others.map(([other]) => other));
  const isKept = (other: number, index: number): boolean => index < NAMED_INSTANCES - 2 || other === newest;
  return others.filter(([other], index) => isKept(other, index));
}

function placeOf(id: string): Place {
  const [until = '0', ...named] = id.split(',');
  return {
    until: Number(until),
    named: named.map((text) => {
      const [count = 0, part = 0, offset = 0] = text.split('-').map(Number);
      return [count, { part, offset }];
    }),
  };
}

/** Returns the instances in the order of their start. */
async function instancesIn(folder: string): Promise<Instance[]> {
  const instances = new Map<number, Instance>();
  for (const name of (await ifThere(readdir(folder))) ?? []) {
    const [, log, number, age = '0'] = /^([^.]+\.(\d+)\..+\.ndjson)(?:\.(\d+))?$/.exec(name) ?? [];
    if (log === undefined) continue;
    const count = Number(number);
    const oldest = Math.max(instances.get(count)?.age ?? 0, Number(age));
    instances.set(count, { count, path: `${folder}/${log}`, age: oldest });
  }
  return [...instances.values()].sort((a, b) => a.count - b.count);
}

async function wasWrittenSince({ path }: Instance, atMs: number): Promise<boolean> {
  const stats = await ifThere(stat(path));
  return stats !== undefined && stats.mtimeMs + FILE_TIME_LAG_MS > atMs;
}

/**
 * Returns the files of an instance, oldest first. Files are checked from the newest, and a little beyond the known
 * oldest. A rotation during the check may show a file twice (then the later check counts), but never hides a file.
 */
async function partsOf({ path, age: oldest }: Instance): Promise<Part[]> {
  const parts = new Map<number, string>();
  for (let age = 0; age <= oldest + ROTATIONS_MEANWHILE; age += 1) {
    const name = age === 0 ? path : `${path}.${age}`;
    const part = await inFile(name, bornAt);
    if (part === undefined) continue;
    parts.delete(part); // moves the file to the position of its last check
    parts.set(part, name);
  }
  return [...parts].map(([part, name]) => ({ part, path: name })).reverse();
}

/** Reads a file. Returns undefined if the file no longer has this name. */
async function readPart(path: string, part: number, offset: number): Promise<Buffer | undefined> {
  return inFile(path, async (file) =>
    (await bornAt(file)) === part ? readWholeLines(file, offset, CHUNK_BYTES) : undefined,
  );
}

type File = Awaited<ReturnType<typeof open>>;

async function bornAt(file: File): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const ts = /^\{"ts":"([^"]+)"/.exec(buffer.toString('latin1', 0, bytesRead))?.[1];
  return ts === undefined ? undefined : Date.parse(ts);
}

async function inFile<T>(path: string, work: (file: File) => Promise<T | undefined>): Promise<T | undefined> {
  const file = await ifThere(open(path));
  try {
    return file && (await work(file));
  } finally {
    await file?.close();
  }
}
