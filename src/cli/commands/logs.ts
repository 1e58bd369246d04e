import { InvalidArgumentError, Option, type Command } from 'commander';
import { SERVICE_NAME } from '../../contract/names.js';
import { STEPS } from '../../contract/states.js';
import type { LogLine } from '../bodies.js';
import { part } from '../client.js';
import { act, command, wholeNumber } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, isRefused } from '../errors.js';
import type { Paint } from '../render.js';
import { follow } from '../stream.js';
import { jsonForTerminal, safeForTerminal } from '../terminal-safe.js';
import { clockMs, timeWanted } from '../times.js';
import { untilInterrupted } from './deployments.js';

/** The default number of lines. */
const DEFAULT_LINES = 100;

interface LogOptions {
  follow?: true;
  tail?: number | 'all';
  since?: string;
  step?: string;
}

export function logs(): Command {
  const declared = command('logs', 'Show the log of a deployment or a service', [
    'logs uv_20261126_100000_a1b2c3d4 --step install',
    'logs bot --follow --tail 20',
    'logs bot --since 10m',
    'logs bot --since "2026-11-29 19:00:00" --json',
  ])
    .argument('<id|service>', 'id of the deployment, or name of the service')
    .option('-f, --follow', 'follow the log')
    .option(
      '-n, --tail <count>',
      `number of last lines, or all (default: ${DEFAULT_LINES}; with --since: all)`,
      lineCount,
    )
    .option('--since <time>', 'show lines since: 10m, 2h, 1d, or a local time', lineTime)
    .addOption(new Option('--step <step>', 'show only this step of a deployment').choices(STEPS))
    .addHelpText('after', '\nA line is its time, `!` where it came from stderr, and what was printed.');
  return act<LogOptions>(declared, async (context, options, what = '') => {
    const show = options.follow ? followed : printed;
    if (!SERVICE_NAME.test(what)) return show(context, `/deployments/${part(what)}/logs`, options);
    try {
      return await show(context, `/services/${part(what)}/logs`, options);
    } catch (error) {
      if (!isRefused(error, 'not_found')) throw error;
      return show(context, `/deployments/${part(what)}/logs`, options); // an id that was chosen manually
    }
  });
}

function lineCount(text: string): number | 'all' {
  if (text === 'all') return text;
  try {
    return wholeNumber(0, 100_000)(text);
  } catch {
    throw new InvalidArgumentError('It must be a whole number, 0-100000, or all.');
  }
}

/** Parses a time. A number without a unit is a byte offset, as in the API. */
const lineTime = (text: string): string => (/^\d+$/.test(text) ? text : timeWanted(text));

/** `isDefault` is true if neither --tail nor --since is set. */
function tailOf({ tail, since }: LogOptions): { tail?: number; isDefault: boolean } {
  if (tail === undefined) return since === undefined ? { tail: DEFAULT_LINES, isDefault: true } : { isDefault: false };
  return tail === 'all' ? { isDefault: false } : { tail, isDefault: false };
}

/** Prints a log as it arrives, because a log may be long. */
async function printed(context: Context, path: string, options: LogOptions): Promise<number> {
  const { client, isJson, note, line, paint } = context;
  const { since, step } = options;
  const { tail, isDefault } = tailOf(options);
  const answer = await client.open(path, {
    query: { since, step, tail: isDefault ? DEFAULT_LINES + 1 : tail }, // one more line shows whether there are more
    headers: { Accept: 'application/x-ndjson' },
  });
  const shown = isJson ? (text: string) => text : (text: string) => logLine(JSON.parse(text) as LogLine, paint);
  const safe = isJson ? jsonForTerminal : safeForTerminal;
  const write = async (texts: readonly string[]): Promise<void> => {
    if (texts.length > 0) await written(texts.map((text) => `${shown(text)}\n`).join(''), safe);
  };
  if (!isDefault) {
    for await (const texts of wholeLines(answer)) await write(texts);
    return EXIT.done;
  }
  const last: string[] = [];
  for await (const texts of wholeLines(answer)) last.push(...texts);
  await write(last.slice(-DEFAULT_LINES));
  if (last.length > DEFAULT_LINES) note(line('last_lines', { count: DEFAULT_LINES }));
  return EXIT.done;
}

/** Returns the lines that each chunk of a response completes. */
async function* wholeLines(answer: Response): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer.body ?? []) {
    const texts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = texts.pop() ?? '';
    yield texts;
  }
  if (rest !== '') yield [rest];
}

function written(text: string, safe: (text: string) => string): Promise<void> {
  const { isTTY } = process.stdout;
  return new Promise((resolve, reject) => {
    process.stdout.write(isTTY ? safe(text) : text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function followed(context: Context, path: string, options: LogOptions): Promise<number> {
  const { client, isJson, print, printJson, note, line, paint } = context;
  const { since, step } = options;
  const query = { since, step, tail: tailOf(options).tail };
  const signal = untilInterrupted();
  const lost = (): void => note(line('reconnecting'));
  for await (const { event, data } of follow<LogLine>(client, path, { query, signal, lost })) {
    if (event !== 'log') continue;
    if (isJson) printJson(data);
    else print(logLine(data, paint));
  }
  return signal.aborted ? EXIT.interrupted : EXIT.done;
}

/** Formats a log line, the same with and without --follow. */
function logLine({ ts, step, stream, line }: LogLine, paint: Paint): string {
  const mark = stream === 'stderr' ? '!' : ' ';
  return `${paint.dim(clockMs(ts))} ${step === undefined ? '' : `[${step}] `}${mark} ${line}`;
}
