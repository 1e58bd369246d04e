// What the edge costs: reads by many at once beside a bare route, and how soon a callback is told.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../test/support/eventually.js';
import { callHttp } from '../../test/support/http.js';
import { Receiver } from '../../test/support/receiver.js';
import { median, quantile, ms, type Measurement, type Taken } from './measure.js';
import type { Stage } from './stage.js';

const CALLERS = 64;
const ROUNDS = 4;
const ROUND_MS = 3_000;
const CALLBACKS = 15;

export const edge: Measurement[] = [
  // At least 0.7 of what the bare route does in the same time.
  { name: 'status_throughput', unit: 'x', limit: 1.43, slots: 1, take: statusThroughput },
  { name: 'callback_lag', unit: 'ms', limit: 300, slots: 3, take: callbackLag },
];

async function statusThroughput(stage: Stage): Promise<Taken> {
  const { slipway } = stage;
  const id = await stage.longDeployment();
  const bare = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./bare-route.ts', import.meta.url)), JSON.stringify(slipway.temporal)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const port = await portOf(bare);
    const headers = { authorization: `Bearer ${slipway.adminKey}` };
    const ours = () => answersOf(`${slipway.url}/api/deployments/${id}`, headers);
    const other = () => answersOf(`http://127.0.0.1:${port}/deployments/${id}`);
    const counts = { ours: [] as number[], other: [] as number[] };
    for (let i = 0; i < ROUNDS; i += 1) {
      const [a, b] = [await ours(), await other()];
      if (i === 0) continue; // it warms up
      counts.ours.push(a);
      counts.other.push(b);
    }
    const [a, b] = [median(counts.ours), median(counts.other)];
    const perSecond = (count: number): string => ((count * 1000) / ROUND_MS).toFixed(0);
    return { value: b / a, note: `${perSecond(a)} reads a second, a bare route ${perSecond(b)}, ${CALLERS} callers` };
  } finally {
    bare.kill();
  }
}

async function portOf(bare: ChildProcess): Promise<number> {
  if (!bare.stdout) throw new Error('the bare route has no output');
  const [line] = (await once(bare.stdout, 'data')) as [Buffer];
  return Number(line.toString());
}

/** How many answers all callers together get in a round. */
async function answersOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS }); // connections that idle between rounds are closed
  const until = Date.now() + ROUND_MS;
  let count = 0;
  const caller = async (): Promise<void> => {
    while (Date.now() < until) {
      const { status, text } = await callHttp(url, { agent, headers });
      if (status !== 200) throw new Error(`${url} answered ${status}: ${text}`);
      count += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: CALLERS }, caller));
  } finally {
    agent.destroy();
  }
  return count;
}

async function callbackLag({ slipway }: Stage): Promise<Taken> {
  const receiver = await Receiver.start();
  const lags: number[] = [];
  try {
    for (let i = 0; i < CALLBACKS; i += 1) {
      const config = {
        service: 'told',
        environment_variables: { ROUND: String(i) },
        health_check: { min_uptime: 0.2 },
      };
      const body = slipway.app('setsid-child', config, { callback_url: receiver.url });
      const { deployment_id: id } = await slipway.run(body);
      const events = await eventually(() => {
        const got = receiver.events(id);
        return got.at(-1)?.body.event_type === 'ended' && got;
      });
      lags.push(...events.slice(0, 1).map(({ at, body: told }) => at - Date.parse(told.timestamp)));
    }
  } finally {
    await receiver.down();
  }
  return { value: median(lags), note: `first delivery after its event, p95 ${ms(quantile(lags, 0.95))}` };
}
