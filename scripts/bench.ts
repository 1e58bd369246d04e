// npm run bench [-- --json] [--only name,name] [--strict]: what Slipway costs, beside what is done without it.
import { parseArgs } from 'node:util';
import { dockerDeployments, hasEngine } from './bench/docker.js';
import { edge } from './bench/edge.js';
import { firstDeployments } from './bench/first-deployments.js';
import { footprint } from './bench/footprint.js';
import type { Measurement, Unit } from './bench/measure.js';
import { prepareChild } from './bench/prepare-child.js';
import { posts } from './bench/posts.js';
import { reads } from './bench/reads.js';
import { registrations } from './bench/registrations.js';
import { recovery } from './bench/recovery.js';
import { restartBudget } from './bench/restart-budget.js';
import { recoveryOfContainers } from './bench/recovery-docker.js';
import { services } from './bench/services.js';
import { redeployments } from './bench/redeployments.js';
import { switches } from './bench/switches.js';
import { caddyMissing } from '../test/support/caddy.js';
import { streams } from './bench/streams.js';
import { openStage, type Stage } from './bench/stage.js';

/** In this order: what is to be quiet comes first, what leaves much behind last. */
const ALL: Measurement[] = [
  ...footprint,
  ...redeployments,
  ...firstDeployments,
  ...recovery,
  ...restartBudget,
  ...prepareChild,
  ...(caddyMissing() === undefined ? switches : []),
  ...((await hasEngine()) ? [...dockerDeployments, ...recoveryOfContainers] : []),
  ...streams,
  ...services,
  ...registrations,
  ...reads,
  ...edge,
  ...posts,
];

interface Row {
  name: string;
  value: number;
  unit: Unit;
  limit: number;
  ok: boolean;
  note: string;
}

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, only: { type: 'string' }, strict: { type: 'boolean' } },
});
const rows: Row[] = [];
let stage: Stage | undefined;
process.once('SIGINT', () => void closeStage().finally(() => process.exit(130)));

try {
  const places = new Set(ALL.map(placeOf));
  for (const place of places)
    await measureAll(chosen(values.only).filter((measurement) => placeOf(measurement) === place));
} finally {
  await closeStage();
}
console.log(values.json ? asJson() : asTable());
process.exit(values.strict && rows.some(({ ok }) => !ok) ? 1 : 0);

function chosen(only: string | undefined): Measurement[] {
  if (only === undefined) return ALL;
  const names = only.split(',');
  const unknown = names.filter((name) => !ALL.some((measurement) => measurement.name === name));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}`);
  return ALL.filter(({ name }) => names.includes(name));
}

/** What must be alike for measurements to share one Slipway. */
function placeOf({ slots, engine, front }: Measurement): string {
  return `${slots} ${engine ? 'with' : 'without'} an engine, ${front ? 'behind a proxy' : 'open'}`;
}

/** All of one place. */
async function measureAll(measurements: Measurement[]): Promise<void> {
  const [first] = measurements;
  if (!first) return;
  say('starting Slipway');
  stage = await openStage(first);
  for (const { name, unit, limit, take } of measurements) {
    say(name);
    const { value, note } = await take(stage);
    rows.push({ name, value: Number(tell(value)), unit, limit, ok: value <= limit, note });
    say(`${name} ${tell(value)} ${unit} (${note})`);
  }
  await closeStage();
}

async function closeStage(): Promise<void> {
  const opened = stage;
  stage = undefined;
  await opened?.close().catch((error: unknown) => {
    say(`closing failed: ${String(error)}`); // must not hide why a measurement did
  });
}

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

function asJson(): string {
  return JSON.stringify(rows.map(({ name, value, unit, limit, ok }) => ({ name, value, unit, limit, ok })));
}

function asTable(): string {
  const lines = rows.map(({ name, value, unit, limit, ok, note }) =>
    [
      name.padEnd(18),
      `${tell(value)} ${unit}`.padStart(10),
      `${limit} ${unit}`.padStart(10),
      ok ? 'ok    ' : 'MISSED',
      note,
    ].join('  '),
  );
  return ['what                 measured       limit', ...lines].join('\n');
}

/** As many digits as mean something. */
function tell(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
