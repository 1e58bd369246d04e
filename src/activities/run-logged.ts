import type { Step } from '../contract/states.js';
import { mask } from '../secrets.js';
import { oneLine } from './one-line.js';
import type { LogStream } from './ports/log-port.js';
import type { Ports } from './ports/index.js';
import type { ToolOptions, ToolResult } from './ports/tools.js';

/** Lines of a tool's output that an error carries. */
const LOG_TAIL_LINES = 30;
const LOG_TAIL_CHARACTERS = 500;

/** Where a tool's lines go, and what must not stand in them. */
export interface LogTarget {
  deploymentId: string;
  step: Step;
  masked: readonly string[];
}

export type LoggedOptions = Omit<ToolOptions, 'onLines'> & {
  /** Which of the tool's lines may stand in the log, and how; without it all. */
  shown?: (lines: readonly string[]) => string[];
  /** How a word of the command stands in the log. */
  shownWord?: (word: string) => string;
};

/** Runs a tool, copying its lines to the deployment's log as they come. The tail it returns is masked, too. */
export async function runLogged(
  { tools, logs }: Pick<Ports, 'tools' | 'logs'>,
  target: LogTarget,
  argv: readonly string[],
  { shown = (lines) => [...lines], shownWord = (word) => word, ...options }: LoggedOptions,
): Promise<ToolResult> {
  const copy = copyToLog({ logs }, target);
  copy.write('slipway', [`$ ${argv.map(shownWord).join(' ')}`]);
  const result = await tools.run(argv, {
    ...options,
    onLines: (stream, lines) => {
      copy.write(stream, shown(lines));
    },
  });
  await copy.written();
  return { ...result, tail: maskAll(result.tail, target.masked) };
}

export interface LogCopy {
  write: (stream: LogStream, lines: readonly string[]) => void;
  /** Resolves when all lines stand in the log; throws what kept one from it. */
  written: () => Promise<void>;
}

/** Takes lines without waiting. One that can't be written fails the step at its end, and not the process at once. */
export function copyToLog({ logs }: Pick<Ports, 'logs'>, { deploymentId, step, masked }: LogTarget): LogCopy {
  let last: Promise<void> = Promise.resolve();
  return {
    write(stream, lines) {
      const shown = maskAll(lines, masked).map((line) => (stream === 'slipway' ? oneLine(line) : line));
      last = last.then(() => logs.write(deploymentId, { step, stream, lines: shown }));
      last.catch(() => undefined); // `written` tells
    },
    written: () => last,
  };
}

/** Says lines of Slipway's own in the deployment's log. What they name may be a project's: it ends none of them. */
export async function sayInLog(
  { logs }: Pick<Ports, 'logs'>,
  target: LogTarget,
  ...said: readonly string[]
): Promise<void> {
  const lines = maskAll(said, target.masked).map(oneLine);
  await logs.write(target.deploymentId, { step: target.step, stream: 'slipway', lines });
}

/** The end of an output, short enough to travel in an error. */
export function logTailOf(tail: readonly string[]): string[] {
  return tail.slice(-LOG_TAIL_LINES).map((line) => line.slice(0, LOG_TAIL_CHARACTERS));
}

export const maskAll = (lines: readonly string[], masked: readonly string[]): string[] =>
  lines.map((line) => mask(line, masked));
