// Formats the health of Slipway.
import type { HealthBody } from './bodies.js';
import type { Context } from './context.js';
import { duration, status as coloured } from './render.js';

export function showHealth(body: HealthBody, context: Context): void {
  const { printFacts, printTable, print, line, paint } = context;
  const { system_resources: used, statistics, deployment_managers: modes, warnings = [] } = body;
  printFacts([
    ['status', `${coloured(body.api_status, paint)} (${body.version})`],
    ['slots', line('slots_taken', { taken: body.active_deployments, most: body.max_concurrent_deployments })],
    ['queued', String(body.queued_deployments)],
    ['cpu', percent(used.cpu_percent)],
    ['memory', percent(used.memory_percent)],
    ['disk', percent(used.disk_percent)],
    ['deployments', countsOf(statistics, context)],
    ['average', statistics.successful_deployments === 0 ? undefined : duration(statistics.average_deployment_time)],
  ]);
  print('');
  printTable(
    ['mode', 'status', 'reason'],
    Object.entries(modes).map(([mode, { status, reason = '' }]) => [mode, coloured(status, paint), reason]),
  );
  if (warnings.length > 0) print('');
  for (const text of warnings) print(paint.yellow(`! ${warningIn(text, context)}`));
}

const percent = (value: number): string => `${value.toFixed(1)} %`;

function countsOf(statistics: HealthBody['statistics'], { line }: Context): string {
  return line('counts', {
    total: statistics.total_deployments,
    completed: statistics.successful_deployments,
    failed: statistics.failed_deployments,
    cancelled: statistics.cancelled_deployments,
  });
}

const RESOURCES = ['cpu', 'memory', 'disk'] as const;

/** Formats a warning. The API sends the field and its value, for example `cpu_percent 92.6`. */
function warningIn(text: string, { line, word }: Context): string {
  const [, name, value] = /^(\w+)_percent ([\d.]+)$/.exec(text) ?? [];
  const resource = RESOURCES.find((candidate) => candidate === name);
  return resource ? line('nearly_full', { resource: word(resource), percent: percent(Number(value)) }) : text;
}
