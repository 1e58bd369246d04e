// Thousands of registrations: whether any fails, whether they slow down as they grow in number, and how long a page of
// the list takes then.
import { Agent } from 'node:http';
import { callHttp } from '../../test/support/http.js';
import type { Answer, Slipway } from '../../test/support/slipway.js';
import { median, ms, quantile, timed, type Measurement, type Taken } from './measure.js';
import { openStage, type Stage } from './stage.js';

/** Of their own stage: no service is there before. */
const SLOTS = 2;
const CALLERS = 8;
const FIRST = 5_000;
const ALL = 10_000;
/** The rate of the last so many is compared with that of the first of a Slipway that is empty. */
const COMPARED = 500;
const BLOCK = 100;
const PAGE = 100;
const ROUNDS = 3;

export const registrations: Measurement[] = [
  { name: 'register_5k', unit: 'failed', limit: 0, slots: SLOTS, take: failed },
  // The last 500 come at 0.8 of the rate of the first or more: they take 1.25 times as long at most.
  { name: 'register_5k_slow', unit: 'x', limit: 1.25, slots: SLOTS, take: slowing },
  { name: 'services_list_10k', unit: 'ms', limit: 60, slots: SLOTS, take: pages },
];

interface Rate {
  perSecond: number;
  failed: number;
}

interface Registered {
  /** One for each block of registrations, in their order. */
  blocks: Rate[];
  /** Of blocks that an empty Slipway took in turn with the last ones. */
  beside: Rate[];
}

const registered = new WeakMap<Stage, Promise<Registered>>();

/** Once for all that is measured. */
function first(stage: Stage): Promise<Registered> {
  const registering = registered.get(stage) ?? registerFirst(stage);
  registered.set(stage, registering);
  return registering;
}

/** The load of the host changes within minutes. So an empty Slipway takes registrations in turn with the last blocks. */
async function registerFirst(stage: Stage): Promise<Registered> {
  const blocks = await register(stage, 0, FIRST - COMPARED);
  const empty = await openStage({ slots: SLOTS });
  const beside: Rate[] = [];
  try {
    for (let from = 0; from < COMPARED; from += BLOCK) {
      beside.push(...(await register(empty, from, from + BLOCK)));
      blocks.push(...(await register(stage, FIRST - COMPARED + from, FIRST - COMPARED + from + BLOCK)));
    }
  } finally {
    await empty.close();
  }
  return { blocks, beside };
}

async function register({ slipway }: Stage, from: number, to: number): Promise<Rate[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const rates: Rate[] = [];
  try {
    for (let start = from; start < to; start += BLOCK) rates.push(await registerBlock(slipway, agent, start));
  } finally {
    agent.destroy();
  }
  return rates;
}

async function registerBlock({ url, adminKey }: Slipway, agent: Agent, start: number): Promise<Rate> {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  let failed = 0;
  let next = start;
  const caller = async (): Promise<void> => {
    while (next < start + BLOCK) {
      const body = JSON.stringify({ name: `registered-${(next += 1)}` });
      const { status, text } = await callHttp(`${url}/api/services`, { method: 'POST', headers, body, agent });
      if (status !== 201 && status < 500) throw new Error(`a registration answered ${status}: ${text}`);
      if (status >= 500) failed += 1;
    }
  };
  const tookMs = await timed(() => Promise.all(Array.from({ length: CALLERS }, caller)));
  return { perSecond: (BLOCK / tookMs) * 1000, failed };
}

async function failed(stage: Stage): Promise<Taken> {
  const { blocks } = await first(stage);
  const value = blocks.reduce((sum, block) => sum + block.failed, 0);
  return { value, note: `of ${FIRST}, ${CALLERS} at a time, ${rateOf(blocks).toFixed(1)} a second` };
}

async function slowing(stage: Stage): Promise<Taken> {
  const { blocks, beside } = await first(stage);
  const [begin, last, empty] = [blocks.slice(0, COMPARED / BLOCK), blocks.slice(-COMPARED / BLOCK), beside].map(rateOf);
  const note = `${tell(last)} a second at the end, ${tell(empty)} an empty one in turn with it, ${tell(begin)} at the beginning`;
  return { value: (empty ?? NaN) / (last ?? NaN), note };
}

const tell = (rate = NaN): string => rate.toFixed(1);

/** Of blocks of the same size. */
const rateOf = (blocks: readonly Rate[]): number =>
  blocks.length / blocks.reduce((sum, { perSecond }) => sum + 1 / perSecond, 0);

async function pages(stage: Stage): Promise<Taken> {
  await first(stage);
  await register(stage, FIRST, ALL);
  const took: number[] = [];
  const firsts: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const ofRound = await readAll(stage);
    took.push(...ofRound);
    firsts.push(...ofRound.slice(0, 1));
  }
  return { value: median(took), note: `p95 ${ms(quantile(took, 0.95))}, the first page ${ms(median(firsts))}` };
}

/** Milliseconds of the first page, and of each that its cursor leads to. */
async function readAll({ slipway }: Stage): Promise<number[]> {
  const took: number[] = [];
  const names = new Set<string>();
  let next: string | undefined = `/api/services?limit=${PAGE}`;
  while (next !== undefined) {
    const startedAt = performance.now();
    const { headers, body }: Answer<{ name: string }[]> = await slipway.call(next);
    took.push(performance.now() - startedAt);
    for (const { name } of body) names.add(name);
    next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
  }
  if (names.size < ALL) throw new Error(`${names.size} of ${ALL} services are listed`);
  return took;
}
