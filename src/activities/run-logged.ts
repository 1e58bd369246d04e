import type { Step } from '../contract/states.js';
import { mask } from '../secrets.js';
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

export type LoggedOptions = Omit<ToolOptions, 'onLines'>;

/** Runs a tool, copying its lines to the deployment's log as they come. The tail it returns is masked, too. */
export async function runLogged(
  { tools, logs }: Pick<Ports, 'tools' | 'logs'>,
  target: LogTarget,
  argv: readonly string[],
  options: LoggedOptions,
): Promise<ToolResult> {
  const pending: Promise<void>[] = [];
  const failures: unknown[] = [];
  const write = (stream: LogStream, lines: readonly string[]): void => {
    const written = logs.write(target.deploymentId, {
      step: target.step,
      stream,
      lines: maskAll(lines, target.masked),
    });
    pending.push(written.catch((error: unknown) => void failures.push(error)));
  };
  write('slipway', [`$ ${argv.join(' ')}`]);
  const result = await tools.run(argv, { ...options, onLines: write });
  await Promise.all(pending);
  if (failures.length > 0) throw failures[0];
  return { ...result, tail: maskAll(result.tail, target.masked) };
}

/** Says a line of Slipway's own in the deployment's log. */
export async function sayInLog({ logs }: Pick<Ports, 'logs'>, target: LogTarget, line: string): Promise<void> {
  const lines = maskAll([line], target.masked);
  await logs.write(target.deploymentId, { step: target.step, stream: 'slipway', lines });
}

/** The end of an output, short enough to travel in an error. */
export function logTailOf(tail: readonly string[]): string[] {
  return tail.slice(-LOG_TAIL_LINES).map((line) => line.slice(0, LOG_TAIL_CHARACTERS));
}

export const maskAll = (lines: readonly string[], masked: readonly string[]): string[] =>
  lines.map((line) => mask(line, masked));
