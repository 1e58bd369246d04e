// Reads log files from the shared data folder, one block at a time. The memory use doesn't depend on the size of the
// log.
import { open, readdir } from 'node:fs/promises';
import { ifThere } from '../files.js';
import { readWholeLines } from '../line-buffer.js';

const BLOCK_BYTES = 64 * 1024;

export interface LogLine {
  ts: string;
  step?: string;
  stream: string;
  line: string;
}

export interface LogFilter {
  /** A byte offset (only for a deployment's log), or a time. Earlier lines are left out. */
  since?: number | string;
  tail?: number;
  step?: string;
}

/**
 * Returns the lines of the files in order. A missing file has no lines. To read only the last lines, see `log-end.ts`.
 */
export async function* readLog(files: readonly string[], filter: LogFilter): AsyncGenerator<LogLine> {
  const { isWanted, start } = wantedBy(filter);
  for (const file of files) {
    for await (const entry of linesOf(file, start)) {
      if (isWanted(entry)) yield entry;
    }
  }
}

/** Returns the filter for lines, and the byte offset at which to start. */
export function wantedBy({ since, step }: LogFilter): { isWanted: (line: LogLine) => boolean; start: number } {
  const from = typeof since === 'string' ? new Date(since).toISOString() : '';
  return {
    start: typeof since === 'number' ? since : 0,
    isWanted: (line) => line.ts >= from && (step === undefined || line.step === step),
  };
}

/**
 * Returns the lines of a file. A block is read only after the lines before it were consumed, so a waiting reader holds
 * one block, not the file.
 */
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

/**
 * The length of `2026-01-01T00:00:00.000Z`. Lines of a container have the engine's nanoseconds, which are needed to
 * compare copies.
 */
const MS_LENGTH = 24;

/**
 * Parses a line. Returns undefined for an incomplete line: the last line may still be written, and an offset may be
 * inside a line.
 */
export function parseLine(text: string): LogLine | undefined {
  try {
    const value = JSON.parse(text) as LogLine | null;
    if (!value || typeof value.line !== 'string') return undefined;
    return value.ts.length > MS_LENGTH ? { ...value, ts: `${value.ts.slice(0, MS_LENGTH - 1)}Z` } : value;
  } catch {
    return undefined;
  }
}

/** Returns the lines of a text, each with the offset after it. */
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

/**
 * Returns the log files of a service, oldest first: instances in the order of their start, each with its rotated files
 * first.
 */
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
