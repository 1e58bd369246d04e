// Log files, read from the shared data folder a block at a time: a log of any size costs the same memory.
import { open, readdir } from 'node:fs/promises';
import { ifThere } from '../files.js';
import { readWholeLines } from '../whole-lines.js';

const BLOCK_BYTES = 64 * 1024;

export interface LogLine {
  ts: string;
  step?: string;
  stream: string;
  line: string;
}

export interface LogFilter {
  /** Byte offset (a deployment's log), or a time: earlier lines are left out. */
  since?: number | string;
  tail?: number;
  step?: string;
}

/** The files' lines in order, as they are read; a missing file has none. For the last lines alone see `log-end.ts`. */
export async function* readLog(files: readonly string[], filter: LogFilter): AsyncGenerator<LogLine> {
  const { isWanted, start } = wantedBy(filter);
  for (const file of files) {
    for await (const entry of linesOf(file, start)) {
      if (isWanted(entry)) yield entry;
    }
  }
}

/** What a filter means for one line, and at which byte the reading begins. */
export function wantedBy({ since, step }: LogFilter): { isWanted: (line: LogLine) => boolean; start: number } {
  const from = typeof since === 'string' ? new Date(since).toISOString() : '';
  return {
    start: typeof since === 'number' ? since : 0,
    isWanted: (line) => line.ts >= from && (step === undefined || line.step === step),
  };
}

/** Block by block, each only once the lines before it were taken: a reader that waits holds one block, not the file. */
async function* linesOf(path: string, start: number): AsyncGenerator<LogLine> {
  const file = await ifThere(open(path));
  if (!file) return;
  try {
    for (let offset = start; ;) {
      const whole = await readWholeLines(file, offset, BLOCK_BYTES);
      if (whole.length === 0) return;
      offset += whole.length;
      for (const { line } of linesIn(whole)) yield line;
    }
  } finally {
    await file.close();
  }
}

/** Of `2026-01-01T00:00:00.000Z`. A container's lines have its engine's nanoseconds, which its copy is compared by. */
const MS_LENGTH = 24;

/** The last line may be half written, and an offset may point into the middle of one: neither is a line yet. */
export function parseLine(text: string): LogLine | undefined {
  try {
    const value = JSON.parse(text) as LogLine | null;
    if (!value || typeof value.line !== 'string') return undefined;
    return value.ts.length > MS_LENGTH ? { ...value, ts: `${value.ts.slice(0, MS_LENGTH - 1)}Z` } : value;
  } catch {
    return undefined;
  }
}

/** The lines of a text, each with the offset after it. */
export function linesIn(text: Buffer): { line: LogLine; end: number }[] {
  const lines: { line: LogLine; end: number }[] = [];
  let start = 0;
  for (let end = text.indexOf('\n') + 1; end > 0; end = text.indexOf('\n', start) + 1) {
    const line = parseLine(text.toString('utf8', start, end));
    if (line) lines.push({ line, end });
    start = end;
  }
  return lines;
}

/** A service's log files, oldest first: instances in the order of their start, each with its rotated parts before it. */
export async function serviceLogFiles(folder: string): Promise<string[]> {
  const names = (await ifThere(readdir(folder))) ?? [];
  const parts = names.flatMap((name) => {
    const [, instance, rotation] = /^(.+\.ndjson)(?:\.(\d+))?$/.exec(name) ?? [];
    return instance === undefined ? [] : [{ name, instance, rotation: Number(rotation ?? 0) }];
  });
  parts.sort((a, b) => (a.instance < b.instance ? -1 : a.instance > b.instance ? 1 : b.rotation - a.rotation));
  return parts.map(({ name }) => `${folder}/${name}`);
}

export function asText({ ts, step, stream, line }: LogLine): string {
  const mark = stream === 'stderr' ? '!' : ' ';
  return `${ts} ${step === undefined ? '' : `[${step}] `}${mark} ${line}\n`;
}
