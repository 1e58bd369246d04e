import { Option, type Command } from 'commander';
import { SERVICE_NAME } from '../../contract/names.js';
import { STEPS } from '../../contract/states.js';
import type { LogLine } from '../bodies.js';
import { part, type Query } from '../client.js';
import { act, command, wholeNumber } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, isRefused } from '../errors.js';
import { follow } from '../stream.js';
import { SafeLines } from '../terminal-safe.js';
import { untilInterrupted } from './deployments.js';

interface LogOptions {
  follow?: true;
  tail?: number;
  since?: string;
  step?: string;
}

export function logs(): Command {
  const declared = command('logs', 'Show the log of a deployment or a service', [
    'logs uv_20261126_100000_a1b2c3d4 --step install',
    'logs bot --follow --tail 20',
    'logs bot --since 2026-11-26T10:00:00Z --json',
  ])
    .argument('<id|service>', 'id of the deployment, or name of the service')
    .option('-f, --follow', 'go on as lines come')
    .option('-n, --tail <count>', 'only the last lines', wholeNumber(0, 100_000))
    .option('--since <time>', 'only lines from then on, such as 2026-11-26T10:00:00Z')
    .addOption(new Option('--step <step>', 'only those of a step of a deployment').choices(STEPS));
  return act<LogOptions>(declared, async (context, options, what = '') => {
    const { follow: following, ...query } = options;
    const show = following ? followed : printed;
    if (!SERVICE_NAME.test(what)) return show(context, `/deployments/${part(what)}/logs`, query);
    try {
      return await show(context, `/services/${part(what)}/logs`, query);
    } catch (error) {
      if (!isRefused(error, 'not_found')) throw error;
      return show(context, `/deployments/${part(what)}/logs`, query); // an id that was chosen by hand
    }
  });
}

/** As it comes: a log may be long. */
async function printed({ client, isJson }: Context, path: string, query: Query): Promise<number> {
  const answer = await client.open(path, {
    query,
    headers: { Accept: isJson ? 'application/x-ndjson' : 'text/plain' },
  });
  const { isTTY } = process.stdout;
  const lines = new SafeLines();
  for await (const chunk of answer.body ?? []) {
    await written(isTTY ? lines.push(chunk as Uint8Array) : (chunk as Uint8Array));
  }
  if (isTTY) await written(lines.end());
  return EXIT.done;
}

function written(chunk: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function followed(
  { client, isJson, print, printJson, note, line, paint }: Context,
  path: string,
  query: Query,
): Promise<number> {
  const signal = untilInterrupted();
  const lost = (): void => note(line('reconnecting'));
  for await (const { event, data } of follow<LogLine>(client, path, { query, signal, lost })) {
    if (event !== 'log') continue;
    if (isJson) printJson(data);
    else print(`${paint.dim(data.ts)} ${data.line}`);
  }
  return signal.aborted ? EXIT.interrupted : EXIT.done;
}
