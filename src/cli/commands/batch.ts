import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { BatchBody } from '../bodies.js';
import { batchEnd, itemLine } from '../batch-lines.js';
import { part } from '../client.js';
import { inTerminal } from '../terminal-words.js';
import { act, command } from '../command.js';
import type { Context } from '../context.js';
import { CliError, EXIT, reasonOf } from '../errors.js';
import { exitOf } from '../outcome.js';
import { watch } from '../watching.js';
import { passed } from '../../waiting.js';
import { cancelById } from './deployments.js';

const LOOK_AGAIN_MS = 1_000;

interface BatchOptions {
  detach?: true;
  cancelOnInterrupt?: true;
  idempotencyKey?: string;
}

export function batch(): Command {
  const declared = command('batch', 'Deploy several services by their dependencies', [
    'batch bots.json',
    'batch - --detach < bots.json',
  ])
    .argument('<file>', 'JSON: {"deployments":[…]}; - reads it from stdin')
    .option('-d, --detach', 'return without following the deployment')
    .option('--cancel-on-interrupt', 'cancel on Ctrl-C, and wait for the end')
    .option('--idempotency-key <key>', 'make a repeat with the same key safe')
    .addHelpText('after', '\nExit code: 0 completed, 1 failed, 130 cancelled or interrupted.');
  return act<BatchOptions>(declared, async (context, options, file = '') => {
    const { client, isJson, printJson, print, note, line, paint } = context;
    const headers: Record<string, string> =
      options.idempotencyKey === undefined ? {} : { 'Idempotency-Key': options.idempotencyKey };
    const body = readJson(file, context);
    const started = await client.send<BatchBody>('/deployments/batch', { method: 'POST', body, headers });
    const { batch_id: id, total } = started;
    if (isJson) printJson(started);
    else {
      print(line('batch_accepted', { id, total }));
      for (const { path, message } of started.warnings ?? [])
        print(paint.yellow(line('warning', { message: `${path}: ${inTerminal(message)}` })));
    }
    if (!options.detach) return followBatch(context, id, options.cancelOnInterrupt === true);
    if (!isJson) note(line('batch_detached', { id }));
    return EXIT.done;
  });
}

export function batchCancel(): Command {
  const declared = command('batch-cancel', 'Cancel a batch', ['batch-cancel batch_20261126_100000_a1b2c3d4']).argument(
    '<id>',
    'id of the batch',
  );
  return act(declared, async (context, _options, id = '') => {
    await cancelById(context, id);
  });
}

function readJson(file: string, { word }: Context): unknown {
  const path = file === '-' ? word('stdin') : file;
  const text = readText(file, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('bad_json', { path, reason: withoutText(reasonOf(error)) }, error);
  }
}

/**
 * Removes the part of the input from a parser error: `Unexpected token 'x', "x…" is not valid JSON`. The input may
 * contain line breaks.
 */
const withoutText = (reason: string): string => reason.replace(/, (\.\.\.)?"[^]*$/, '');

function readText(file: string, path: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliError('unreadable', { path, reason: reasonOf(error) }, error);
  }
}

/** Prints each change of an item until the batch ends. Returns the exit code. */
async function followBatch(context: Context, id: string, cancelAtOnce: boolean): Promise<number> {
  const { client, isJson, printJson, print, note, line } = context;
  const path = `/batches/${part(id)}`;
  const shownStatuses = new Map<string, string>();
  const question = { stands: false };
  const hold = (): void => void (question.stands = true);
  const release = (): void => void (question.stands = false);
  const watching = watch(context, { path, cancelAtOnce, note, hold, release });
  try {
    for (;;) {
      const body = await client.get<BatchBody>(path);
      if (!question.stands) showChanges(body);
      if (body.status !== 'running') {
        if (!isJson) print(batchEnd(body, context));
        return exitOf(body);
      }
      // `wasLeft` handles an abort.
      await passed(LOOK_AGAIN_MS, watching.signal);
      if (!(await watching.wasLeft())) continue;
      note(line('batch_detached', { id }));
      return EXIT.interrupted;
    }
  } finally {
    watching.stop();
  }

  function showChanges(body: BatchBody): void {
    const changed = body.items.filter(({ service, status }) => shownStatuses.get(service) !== status);
    for (const item of changed) {
      shownStatuses.set(item.service, item.status);
      if (!isJson) print(itemLine(item, context));
    }
    if (isJson && changed.length > 0) printJson(body);
  }
}
