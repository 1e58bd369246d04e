// A deployment's log: NDJSON lines appended to one file, in the order in which they were written.
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deploymentLog, type Layout } from '../../contract/layout.js';
import type { Step } from '../../contract/states.js';

/** Who printed a line: the tool or app itself, or Slipway saying what it does. */
export type LogStream = 'stdout' | 'stderr' | 'slipway';

export interface LogLines {
  step: Step;
  stream: LogStream;
  /** Already masked. */
  lines: readonly string[];
}

export interface LogPort {
  /** Resolves when the lines stand in the file. */
  write(deploymentId: string, entry: LogLines): Promise<void>;
}

/** A deployment's log is read by people: what a tool in a loop prints beyond this is left out, and said so. */
const MOST_CHARACTERS = 20 * 1024 * 1024;
/** Logs whose size is remembered: far more than may be written at once. */
const MOST_SIZES = 1000;

/** Characters kept of one line: a minified file printed by mistake must not fill the log. */
const MAX_LINE_CHARACTERS = 8192;

export function createLogs(layout: Layout): LogPort {
  /** The last write of each log: appends to one file follow each other. */
  const tails = new Map<string, Promise<void>>();

  /** Characters written to each log by this process. */
  const sizes = new Map<string, number>();

  /** The text to append: nothing once the log is full, and one line that says so when it gets there. */
  function admitted(deploymentId: string, entry: LogLines): string {
    const written = sizes.get(deploymentId) ?? 0;
    if (written >= MOST_CHARACTERS) return '';
    const ts = new Date().toISOString();
    const text = toNdjson(entry, ts);
    const [oldest] = sizes.keys();
    if (sizes.size >= MOST_SIZES && oldest !== undefined) sizes.delete(oldest);
    sizes.set(deploymentId, written + text.length);
    if (written + text.length < MOST_CHARACTERS) return text;
    const full = `the log is full (${MOST_CHARACTERS / 1024 / 1024} MB): what follows is left out`;
    return text + toNdjson({ step: entry.step, stream: 'slipway', lines: [full] }, ts);
  }

  return {
    write(deploymentId, entry) {
      const text = entry.lines.length === 0 ? '' : admitted(deploymentId, entry);
      if (text === '') return Promise.resolve();
      const append = (): Promise<void> => appendTo(deploymentLog(layout, deploymentId), text);
      const previous = tails.get(deploymentId) ?? Promise.resolve();
      const mine = previous.then(append, append).finally(() => {
        if (tails.get(deploymentId) === mine) tails.delete(deploymentId);
      });
      tails.set(deploymentId, mine);
      return mine;
    },
  };
}

function toNdjson({ step, stream, lines }: LogLines, ts: string): string {
  return lines.map((line) => `${JSON.stringify({ ts, step, stream, line: shorten(line) })}\n`).join('');
}

const shorten = (line: string): string =>
  line.length > MAX_LINE_CHARACTERS ? `${line.slice(0, MAX_LINE_CHARACTERS)}…` : line;

async function appendTo(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, text, { mode: 0o600 });
}
