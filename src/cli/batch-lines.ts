// Formats a batch: a line for each item, and a summary line.
import type { BatchBody } from './bodies.js';
import type { Context } from './context.js';
import { duration, padded, status as coloured } from './render.js';
import { clock } from './times.js';

const WIDEST_STATUS = 9;

export function itemLine(
  { service, status, deployment_id: id, reason }: BatchBody['items'][number],
  { paint }: Context,
): string {
  const word = padded(status, WIDEST_STATUS).replace(status, coloured(status, paint));
  return `  ${word}  ${[service, id, reason].filter(Boolean).join('  ')}`;
}

export function batchEnd(
  { status, completed, failed, cancelled, skipped }: BatchBody,
  { line, paint }: Context,
): string {
  return line('batch_end', { status: coloured(status, paint), completed, failed, cancelled, skipped });
}

export function showBatch(body: BatchBody, context: Context): void {
  const { printFacts, print, paint, line } = context;
  printFacts([
    ['id', body.batch_id],
    ['status', coloured(body.status, paint)],
    ['progress', `${body.progress_percentage.toFixed(1)} %`],
    ['started', clock(body.start_time)],
    ['ended', clock(body.end_time)],
    ['duration', duration(body.duration_seconds)],
  ]);
  if (body.stale) print(paint.yellow(line('stale')));
  for (const item of body.items) print(itemLine(item, context));
}
