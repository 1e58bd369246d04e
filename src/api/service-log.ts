// A service's log as one that is followed: its instances, each with its rotated parts. Two may write at once, at a switch.
import { open, readdir, stat } from 'node:fs/promises';
import { ifThere } from '../files.js';
import { readWholeLines } from '../whole-lines.js';
import { CHUNK_BYTES } from './deployment-log.js';
import type { LogChunk, LogSource } from './log-tails.js';
import { linesIn } from './logs.js';

/** As many as write at once, and some more: what a place names. */
const NAMED_INSTANCES = 4;
/** The newest instances that may write again although a place does not name them. */
const LATEST_INSTANCES = 50;
/** Between a look at the folder and at its files. */
const ROTATIONS_MEANWHILE = 2;
/** A file's time is that of the kernel's last tick, and so a little before that of the line. */
const FILE_TIME_LAG_MS = 100;
/** Of a part's first line: `{"ts":"…"` stands at its beginning. */
const HEAD_BYTES = 64;

/** A part is named by the time of its first line (ms): its file's name changes with each rotation, and inodes come again. */
interface PartPlace {
  part: number;
  offset: number;
}

/**
 * Where a reader is in each instance. Of one that is not named all was read that was written until `until` (ms), unless
 * it is newer than all that are named: then nothing was.
 */
interface Place {
  until: number;
  /** By the number of the instance; read last, first. */
  named: [number, PartPlace][];
}

interface Instance {
  count: number;
  path: string;
  /** Of its oldest part. */
  age: number;
}

interface Part {
  part: number;
  path: string;
}

const PLACE = /^\d{1,15}(,\d{1,9}-\d{1,15}-\d{1,15}){1,4}$/;

export function serviceLogSource(folder: string): LogSource {
  return { key: folder, start: '0', isPlace: (id) => PLACE.test(id), atByte: () => '0', nearEnd, read };

  /** Of the oldest instance that has something to read. */
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

  /** Instances before the one it lies in count as read, those after it as new. */
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

/** The first chunk after the place with a line later than `after` (ms). Nothing at the instance's present end. */
async function nextOf(instance: Instance, place: Place, from: PartPlace, after: number): Promise<LogChunk | undefined> {
  const parts = await partsOf(instance); // before they are read: one that has a newer one is written no more
  const at = parts.findIndex(({ part }) => part === from.part);
  const unread = at < 0 ? parts.filter(({ part }) => part > from.part) : parts.slice(at); // its own may be rotated away
  for (const { part, path } of unread) {
    let offset = part === from.part ? from.offset : 0;
    for (;;) {
      const text = await readPart(path, part, offset);
      if (!text) return nextOf(instance, place, { part, offset }, after); // rotated since it was looked at
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

/** Those read last, and always the newest, by which newer ones are told. */
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

/** In the order of their start. */
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
 * Oldest first. Looked at newest first, and a little further than there were: a rotation meanwhile makes files older, and
 * so may show one twice (then the later look counts), but never hides one.
 */
async function partsOf({ path, age: oldest }: Instance): Promise<Part[]> {
  const parts = new Map<number, string>();
  for (let age = 0; age <= oldest + ROTATIONS_MEANWHILE; age += 1) {
    const name = age === 0 ? path : `${path}.${age}`;
    const part = await inFile(name, bornAt);
    if (part === undefined) continue;
    parts.delete(part); // so that it stands where it was seen last
    parts.set(part, name);
  }
  return [...parts].map(([part, name]) => ({ part, path: name })).reverse();
}

/** Nothing when the file no longer has that name. */
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
