import type { Step } from '../contract/states.js';
import { mask } from '../secrets.js';
import { oneLine } from './one-line.js';
import type { LogStream } from './ports/log-port.js';
import type { Ports } from './ports/index.js';
import type { ToolOptions, ToolResult } from './ports/tools.js';

/** The number of output lines in an error. */
const LOG_TAIL_LINES = 30;
const LOG_TAIL_CHARACTERS = 500;

/** The log of a tool's lines, and the values to mask in it. */
export interface LogTarget {
  deploymentId: string;
  step: Step;
  masked: readonly string[];
}

export type LoggedOptions = Omit<ToolOptions, 'onLines'> & {
  /** Returns the lines to log. If absent, all lines are logged. */
  shown?: (lines: readonly string[]) => string[];
  /** Returns the form of a command's word for the log. */
  shownWord?: (word: string) => string;
};

/** Runs a tool, and copies its lines to the deployment's log as they arrive. The returned tail is masked, too. */
export async function runLogged(
  { tools, logs }: Pick<Ports, 'tools' | 'logs'>,
  target: LogTarget,
  argv: readonly string[],
  { shown = (lines) => [...lines], shownWord = (word) => word, ...options }: LoggedOptions,
): Promise<ToolResult> {
  const copy = copyToLog({ logs }, target);
  await copy.write('slipway', [`$ ${argv.map(shownWord).join(' ')}`]);
  const result = await tools.run(argv, {
    ...options,
    onLines: (stream, lines) => copy.write(stream, shown(lines)),
  });
  await copy.written();
  return { ...result, tail: maskAll(result.tail, target.masked) };
}

export interface LogCopy {
  /**
   * Resolves when the lines are in the log or were dropped, so that a caller who waits holds few lines. Never rejects:
   * `written` reports the error.
   */
  write: (stream: LogStream, lines: readonly string[]) => Promise<void>;
  /** Resolves when all lines are in the log. Throws the error of a line that could not be written. */
  written: () => Promise<void>;
}

/**
 * Copies lines to the deployment's log in the order of the calls. A write error fails the step at its end, and not the
 * tool that writes. Once the log is full, lines are dropped before the work of masking them.
 */
export function copyToLog({ logs }: Pick<Ports, 'logs'>, { deploymentId, step, masked }: LogTarget): LogCopy {
  let last: Promise<void> = Promise.resolve();
  return {
    write(stream, lines) {
      if (logs.isFull(deploymentId)) return Promise.resolve();
      const shown = maskAll(lines, masked).map((line) => (stream === 'slipway' ? oneLine(line) : line));
      last = last.then(() => logs.write(deploymentId, { step, stream, lines: shown }));
      return last.catch(() => undefined); // `written` reports the error
    },
    written: () => last,
  };
}

/** Writes Slipway's own lines to the deployment's log. Names from a project in them can't start a new line. */
export async function sayInLog(
  { logs }: Pick<Ports, 'logs'>,
  target: LogTarget,
  ...said: readonly string[]
): Promise<void> {
  const lines = maskAll(said, target.masked).map(oneLine);
  await logs.write(target.deploymentId, { step: target.step, stream: 'slipway', lines });
}

/** Returns the end of an output, short enough for an error. */
export function logTailOf(tail: readonly string[]): string[] {
  return tail.slice(-LOG_TAIL_LINES).map((line) => line.slice(0, LOG_TAIL_CHARACTERS));
}

export const maskAll = (lines: readonly string[], masked: readonly string[]): string[] =>
  lines.map((line) => mask(line, masked));
