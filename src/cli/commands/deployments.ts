// The commands for a deployment or a batch, by its id.
import { Option, type Command } from 'commander';
import { DEPLOYMENT_STATUSES, isEnded, REQUEST_MODES, STEPS } from '../../contract/states.js';
import { stepText } from '../../contract/texts.js';
import type { BatchBody, CancelledBody, ProgressBody, StatusBody } from '../bodies.js';
import { showBatch } from '../batch-lines.js';
import { part, type Query } from '../client.js';
import { act, command, wholeNumber } from '../command.js';
import type { Context } from '../context.js';
import { EXIT } from '../errors.js';
import { attemptLines, exitOf, outcomeLines } from '../outcome.js';
import { bar, duration, status as coloured } from '../render.js';
import { clock } from '../times.js';
import { follow } from '../stream.js';

/** Returns true for the id of a batch, which `contract/names.ts` creates. */
export const isBatchId = (id: string): boolean => id.startsWith('batch_');

export function status(): Command {
  const declared = command('status', 'Show a deployment or a batch', ['status uv_20261126_100000_a1b2c3d4']).argument(
    '<id>',
    'id of the deployment or the batch',
  );
  return act(declared, async (context, _options, id = '') => {
    if (isBatchId(id)) {
      const batch = await context.client.get<BatchBody>(`/batches/${part(id)}`);
      if (context.isJson) context.printJson(batch);
      else showBatch(batch, context);
      return;
    }
    const body = await context.client.get<StatusBody>(`/deployments/${part(id)}`);
    if (context.isJson) context.printJson(body);
    else showStatus(body, context);
  });
}

function showStatus(body: StatusBody, context: Context): void {
  const { paint, print, line, language, printFacts } = context;
  const step =
    body.step === null ? undefined : `${STEPS.indexOf(body.step) + 1}/${STEPS.length} ${stepText(body.step, language)}`;
  printFacts([
    ['id', body.deployment_id],
    ['service', body.service ?? undefined],
    ['status', coloured(body.status, paint)],
    [
      'mode',
      body.active_mode === null || body.active_mode === body.mode ? body.mode : `${body.mode} (${body.active_mode})`,
    ],
    ['environment', body.environment],
    ['started', clock(body.start_time)],
    ['ended', clock(body.end_time)],
    ['duration', duration(body.duration_seconds)],
    ['step', body.status === 'completed' ? undefined : step],
    ['progress', `${body.progress_percentage.toFixed(1)} %`],
    ['queued', body.queue_position === undefined ? undefined : String(body.queue_position)],
    ['release', body.release],
    ['url', body.url],
  ]);
  if (body.stale) print(paint.yellow(line('stale')));
  for (const text of whyLines(body, context)) print(text);
  for (const text of body.error?.log_tail ?? []) print(paint.dim(`     ${text}`));
}

/** Returns the lines that add details to the facts above. */
function whyLines(body: StatusBody, context: Context): string[] {
  if (body.status === 'completed' && body.changed !== false) return attemptLines(body, context);
  return isEnded(body.status) ? outcomeLines({ ...body, url: undefined }, context) : attemptLines(body, context);
}

export function progress(): Command {
  const declared = command('progress', 'Show the progress of a deployment', [
    'progress uv_20261126_100000_a1b2c3d4',
    'progress uv_20261126_100000_a1b2c3d4 --follow --json',
  ])
    .argument('<id>', 'id of the deployment')
    .option('-f, --follow', 'follow the deployment to its end')
    .addHelpText('after', '\nExit code of --follow: 0 completed, 1 failed, 130 cancelled or interrupted.');
  return act<{ follow?: true }>(declared, async (context, options, id = '') => {
    if (options.follow) return followProgress(context, id);
    const { client, isJson, printJson, print } = context;
    const body = await client.get<ProgressBody>(`/deployments/${part(id)}/progress`);
    if (isJson) printJson(body);
    else print([progressLine(body, context), body.detail].filter(Boolean).join('  '));
    return EXIT.done;
  });
}

async function followProgress(context: Context, id: string): Promise<number> {
  const { client, isJson, printJson, print } = context;
  const path = `/deployments/${part(id)}`;
  const signal = untilInterrupted();
  let last = '';
  let status = '';
  for await (const { data } of follow<ProgressBody>(client, `${path}/progress`, { signal })) {
    const text = progressLine(data, context);
    if (isJson) printJson(data);
    else if (text !== last) print(text);
    last = text;
    status = data.status;
  }
  if (signal.aborted) return EXIT.interrupted;
  // A stream is in the service's language for all readers. The CLI requests the result in its own language.
  if (!isJson) for (const text of outcomeLines(await client.get<StatusBody>(path), context)) print(text);
  return exitOf({ status });
}

function progressLine(body: ProgressBody, { language, paint, line }: Context): string {
  const { step, status: word, progress_percentage: percentage, active_mode: mode } = body;
  const under = step === null ? line('waiting') : stepText(step, language);
  const title = word === 'completed' ? undefined : under; // if nothing changed, the last step was the first
  const numbers = `${body.completed_steps}/${body.total_steps}  ${bar(percentage)} ${percentage.toFixed(1).padStart(5)} %`;
  return [numbers, coloured(word, paint), mode, title].filter(Boolean).join('  ');
}

export function cancel(): Command {
  const declared = command('cancel', 'Cancel a deployment or batch', [
    'cancel uv_20261126_100000_a1b2c3d4',
    'cancel batch_20261126_100000_a1b2c3d4',
  ]).argument('<id>', 'id of the deployment or the batch');
  return act(declared, async (context, _options, id = '') => {
    await cancelById(context, id);
  });
}

export async function cancelById({ client, isJson, printJson, print }: Context, id: string): Promise<void> {
  const path = isBatchId(id) ? `/batches/${part(id)}/cancel` : `/deployments/${part(id)}/cancel`;
  const body = await client.send<CancelledBody>(path, { method: 'POST', body: {} });
  if (isJson) printJson(body);
  else print('message_en' in body ? String(body.message_en) : body.message);
}

interface ListOptions {
  limit?: number;
  status?: string;
  mode?: string;
  service?: string;
  batch?: string;
  cursor?: string;
}

export function list(): Command {
  const declared = command('list', 'List deployments, unfinished ones first', [
    'list --service bot --limit 10',
    'list --status failed --json',
  ])
    .option('-n, --limit <count>', 'number of deployments, 1-500 (default: 50)', wholeNumber(1, 500))
    .addOption(new Option('--status <status>', 'only those').choices(DEPLOYMENT_STATUSES))
    .addOption(new Option('-m, --mode <mode>', 'show only this requested mode').choices(REQUEST_MODES))
    .option('-s, --service <name>', 'show only this service')
    .option('--batch <id>', 'show only this batch')
    .option('--cursor <cursor>', 'cursor of the previous list');
  return act<ListOptions>(declared, async (context, { batch, ...filters }) => {
    const { client, isJson, printJson, printTable, note, line, paint } = context;
    const query: Query = { ...filters, batch_id: batch };
    const { items, next } = await client.page<StatusBody>('/deployments', query);
    if (isJson) printJson(items);
    else
      printTable(
        ['id', 'service', 'status', 'started', 'duration', 'reason'],
        items.map((row) => [
          row.deployment_id,
          row.service ?? '',
          coloured(row.status, paint),
          clock(row.start_time),
          duration(row.duration_seconds),
          row.error?.code ?? '',
        ]),
        'no_deployments',
      );
    if (next !== undefined && !isJson) note(line('more', { cursor: next }));
  });
}

/** Returns a signal that Ctrl-C aborts, for commands that only watch. */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  return controller.signal;
}
