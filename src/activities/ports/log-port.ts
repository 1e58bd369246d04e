// A deployment's log: NDJSON lines appended to one file, in the order in which they were written.
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deploymentLog, type Layout } from '../../contract/layout.js';
import type { Step } from '../../contract/states.js';

/** The source of a line: the tool or app itself, or Slipway. */
export type LogStream = 'stdout' | 'stderr' | 'slipway';

export interface LogLines {
  step: Step;
  stream: LogStream;
  /** Already masked. */
  lines: readonly string[];
}

export interface LogPort {
  /** Resolves when the lines are in the file. */
  write(deploymentId: string, entry: LogLines): Promise<void>;
  /** Returns true if the log has reached its size limit, so that further lines would be dropped. */
  isFull(deploymentId: string): boolean;
}

/**
 * The size limit of a log, because people read it. Further output, for example of a tool in a loop, is dropped, with a
 * note in the log.
 */
const MOST_CHARACTERS = 20 * 1024 * 1024;
/** The number of logs whose size is stored: far more than are written at the same time. */
const MOST_SIZES = 1000;

/** The characters of a line that are kept, so that a minified file that was printed by mistake doesn't fill the log. */
const MAX_LINE_CHARACTERS = 8192;

export function createLogs(layout: Layout): LogPort {
  /** The last write of each log. Appends to one file run one after another. */
  const tails = new Map<string, Promise<void>>();

  /** Characters written to each log by this process. */
  const sizes = new Map<string, number>();

  const isFull = (deploymentId: string): boolean => (sizes.get(deploymentId) ?? 0) >= MOST_CHARACTERS;

  /** Returns the text to append: empty once the log is full, and a line about this when the limit is reached. */
  function admitted(deploymentId: string, entry: LogLines): string {
    if (isFull(deploymentId)) return '';
    const written = sizes.get(deploymentId) ?? 0;
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
    isFull,

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
