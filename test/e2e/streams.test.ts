import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { VIEW_MEMO } from '../../src/contract/names.js';
import { stateAt } from '../../src/contract/state-at.js';
import { progressBody, type DeploymentState, type ProgressBody } from '../../src/contract/views.js';
import { connectionOptions } from '../../src/temporal.js';
import { eventually } from '../support/eventually.js';
import { embeddedMissing } from '../support/foreign-temporal.js';
import { itUnless } from '../support/jest/conditions.js';
import { seeded } from '../support/random.js';
import { killIfThere, readProc, Slipway } from '../support/slipway.js';
import { openSse, readSse, stallSse, type SseEvent } from '../support/sse.js';

interface LogData {
  ts: string;
  stream: string;
  line: string;
  step?: string;
}

let slipway: Slipway;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  slipway = await Slipway.start({ SLIPWAY_MAX_CONCURRENT_DEPLOYMENTS: '4' });
  connection = await Connection.connect(await connectionOptions(slipway.temporal));
  client = new Client({ connection, namespace: slipway.namespace });
  writeFileSync(join(slipway.sources, 'long-build/seconds.txt'), '8');
  await slipway.ended(await deploy('printer', 'printer'));
});
afterAll(async () => {
  await connection.close();
  await slipway.remove();
});

const key = (): string => slipway.adminKey;
const urlOf = (id: string, what: 'progress' | 'logs'): string => `${slipway.url}/api/deployments/${id}/${what}`;
const serviceLogUrl = (service: string): string => `${slipway.url}/api/services/${service}/logs`;

async function deploy(service: string, app = 'answers-200', more: Record<string, unknown> = {}): Promise<string> {
  return (await slipway.deploy(slipway.app(app, { service, ...more }, { force_rebuild: true }))).deployment_id;
}

async function stateOf(id: string): Promise<DeploymentState> {
  const { memo } = await client.workflow.getHandle(id).describe();
  return memo?.[VIEW_MEMO] as DeploymentState;
}

/** What the stream of an ended deployment must be: its event list. */
async function expectedProgress(id: string) {
  const state = await stateOf(id);
  const events = state.events.map(({ n, at }) => ({
    id: String(n),
    event: 'progress',
    data: progressBody(stateAt(state, n), new Date(at), 'zh-TW'),
  }));
  return [...events, { id: undefined, event: 'end', data: progressBody(state, new Date(), 'zh-TW') }];
}

/** Without when they came, and without what only the clock moved. */
function told<T>(events: readonly SseEvent<T>[]) {
  const told = events.map(({ id, event, data }) => ({ id, event, data }));
  return told.filter(({ id, event }) => id !== undefined || event === 'end');
}

/** Follows to the end, or until `isDone`, cutting after a few events and coming back with the last id. */
async function readInPieces<T>(
  url: string,
  { nextCut, isDone = () => false }: { nextCut: () => number; isDone?: (events: readonly SseEvent<T>[]) => boolean },
): Promise<{ events: SseEvent<T>[]; cuts: number }> {
  const events: SseEvent<T>[] = [];
  for (let cuts = 0; ; cuts += 1) {
    const after = nextCut();
    const lastId = events.findLast(({ id }) => id !== undefined)?.id;
    const until = (more: readonly SseEvent<T>[]) => more.length === after || isDone(more);
    const piece = await openSse<T>(url, { key: key(), lastId, until });
    expect(piece.status).toBe(200);
    await piece.over;
    events.push(...piece.events);
    if (events.at(-1)?.event === 'end' || isDone(events)) return { events, cuts };
  }
}

describe('progress streams of a deployment', () => {
  it('a progress stream sends all events in order and an end event, and sends a second reader the same events', async () => {
    const id = await deploy('whole');
    const live = await readSse<ProgressBody>(urlOf(id, 'progress'), { key: key() });
    const expected = await expectedProgress(id);
    expect(told(live)).toEqual(expected);
    expect(live.at(-1)).toMatchObject({ event: 'end', data: { status: 'completed', progress_percentage: 100 } });
    expect(told(await readSse(urlOf(id, 'progress'), { key: key() }))).toEqual(expected);
    const last = String(expected.length - 1);
    const again = await readSse(urlOf(id, 'progress'), { key: key(), lastId: last });
    expect(again.map(({ event }) => event)).toEqual(['end']);
    for (const [index, { data, event }] of live.entries()) {
      const before = live[index - 1]?.data;
      if (before && event === 'progress' && data.active_mode === before.active_mode)
        expect(data.progress_percentage).toBeGreaterThanOrEqual(before.progress_percentage);
    }
  });

  it('a progress stream sends failed attempts, rollbacks of steps and the reason of the failure', async () => {
    const { deployment_id: id } = await slipway.deploy(
      slipway.app('exits-at-once', { service: 'failing', fallback_modes: ['fallback'] }),
    );
    const live = await readSse<ProgressBody>(urlOf(id, 'progress'), { key: key() });
    expect(told(live)).toEqual(await expectedProgress(id));
    const { events } = await stateOf(id);
    expect(events.filter(({ type }) => type === 'rolled_back')).toHaveLength(2);
    expect(live.at(-1)?.data).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/\p{Script=Han}/u),
    });
  });

  itUnless(embeddedMissing)(
    'a progress stream waits while Temporal is suspended and continues afterwards',
    async () => {
      const id = await deploy('away', 'long-build');
      const stream = await openSse<ProgressBody>(urlOf(id, 'progress'), { key: key() });
      await eventually(() => stream.events.length > 2);
      const { temporal } = slipway.ready.pids;
      process.kill(temporal, 'SIGSTOP');
      try {
        await eventually(async () => (await slipway.call(`/api/deployments/${id}`)).status === 503, {
          timeoutMs: 30_000,
        });
      } finally {
        process.kill(temporal, 'SIGCONT');
      }
      await stream.over;
      expect(told(stream.events)).toEqual(await expectedProgress(id));
    },
  );
});

describe('interrupted streams', () => {
  it('streams that are cut a hundred times resume without gaps or repeated events', async () => {
    const random = seeded(20261126);
    const upTo = (most: number) => () => 1 + random.below(most);
    let cuts = 0;
    for (const service of ['cut-1', 'cut-2', 'cut-3']) {
      const id = await deploy(service);
      const following = {
        progress: [1, 2, 4, 8].map((most) =>
          readInPieces<ProgressBody>(urlOf(id, 'progress'), { nextCut: upTo(most) }),
        ),
        logs: [1, 2, 4, 8].map((most) => readInPieces<LogData>(urlOf(id, 'logs'), { nextCut: upTo(most) })),
      };
      const [progress, logs] = await Promise.all([Promise.all(following.progress), Promise.all(following.logs)]);
      const expected = await expectedProgress(id);
      for (const { events } of progress) expect(told(events)).toEqual(expected);
      const lines = linesInFile(id);
      expect(lines.length).toBeGreaterThan(5);
      for (const { events } of logs) {
        expect(events.at(-1)).toMatchObject({ event: 'end', data: { deployment_id: id, status: 'completed' } });
        expect(told(events).slice(0, -1)).toEqual(lines);
      }
      for (const reading of [...progress, ...logs]) cuts += reading.cuts;
    }
    expect(cuts).toBeGreaterThanOrEqual(100);
  });

  it('a progress stream resumes after a kill of the API', async () => {
    const id = await deploy('killed', 'long-build');
    const stream = await openSse<ProgressBody>(urlOf(id, 'progress'), { key: key() });
    await eventually(() => stream.events.length > 2);
    killIfThere(slipway.ready.pids.api);
    await stream.over;
    await slipway.waitReady();
    const before = told(stream.events);
    const rest = await readSse<ProgressBody>(urlOf(id, 'progress'), { key: key(), lastId: before.at(-1)?.id });
    expect([...before, ...told(rest)]).toEqual(await expectedProgress(id));
  });

  it('a service log stream resumes across rotated log files and a switch', async () => {
    const print = async (count: number, bytes: number): Promise<void> => {
      const { url } = await slipway.service('printer');
      expect((await fetch(`${url}/${count}/${bytes}`)).status).toBe(200);
    };
    const printedBy = (events: readonly SseEvent<LogData>[]) => events.map(({ data }) => data.line.split(' ', 2));
    const total = 24_000;
    const random = seeded(7);
    const reading = readInPieces<LogData>(serviceLogUrl('printer'), {
      nextCut: () => 1 + random.below(2000),
      isDone: (events) => events.length > 0 && printedBy(events.slice(-1))[0]?.[1] === 'last',
    });
    for (let i = 0; i < 11; i += 1) await print(1000, 1000); // more than 10 MB: the first part is rotated
    const first = (await slipway.service('printer')).instance!;
    await slipway.ended(await deploy('printer', 'printer'));
    for (let i = 0; i < 13; i += 1) await print(1000, 1000);
    const second = (await slipway.service('printer')).instance!;
    const log = join(slipway.dataDir, 'logs/services/printer', `${second}.ndjson`);
    await eventually(() => readFileSync(log, 'utf8').includes(`"${second} 13000 `)); // it passes through a pipe
    appendFileSync(
      log,
      `${JSON.stringify({ ts: new Date().toISOString(), stream: 'stdout', line: `${second} last` })}\n`,
    );
    const { events, cuts } = await reading;
    expect(cuts).toBeGreaterThan(10);
    expect(events).toHaveLength(total + 1);
    for (const [instance, count] of [
      [first, 11_000],
      [second, 13_000],
    ] as const) {
      const numbers = printedBy(events.slice(0, -1)).flatMap(([by, number]) =>
        by === instance ? [Number(number)] : [],
      );
      expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    }
  });
});

/** As the stream must tell them: the offset after each. */
function linesInFile(id: string) {
  const file = join(slipway.dataDir, `logs/deployments/${id}.ndjson`);
  let offset = 0;
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      offset += Buffer.byteLength(line) + 1;
      return { id: String(offset), event: 'log', data: JSON.parse(line) as LogData };
    });
}

describe('stream clients', () => {
  it('a stream client gets a comment every 15 seconds', async () => {
    const stream = await openSse(serviceLogUrl('printer'), { key: key() });
    const openedMs = Date.now();
    await eventually(() => stream.comments.length > 0, { timeoutMs: 20_000 });
    expect(Date.now() - openedMs).toBeGreaterThan(14_000);
    stream.cut();
  });

  it('stream clients that don’t read use bounded memory while the log grows', async () => {
    const { url } = await slipway.service('printer');
    const residentKb = () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readProc(slipway.ready.pids.api, 'status'))?.[1]);
    const reader = await openSse<LogData>(`${serviceLogUrl('printer')}?tail=0`, { key: key() });
    const cuts = await Promise.all(
      Array.from({ length: 50 }, () => stallSse(`${serviceLogUrl('printer')}?tail=0`, key())),
    );
    const grow = async (times: number) => {
      const wanted = reader.events.length + times * 1000;
      for (let i = 0; i < times; i += 1) expect((await fetch(`${url}/1000/1000`)).status).toBe(200);
      await eventually(() => reader.events.length === wanted, { timeoutMs: 60_000 });
    };
    await grow(2); // what the first lines take, they take once
    const beforeKb = residentKb();
    await grow(12);
    // 600 MB, if it were kept for them; how much of what it had it gives back is the engine's affair
    expect(residentKb() - beforeKb).toBeLessThan(150 * 1024);
    for (const cut of cuts) cut();
    reader.cut();
  }, 120_000);

  it('a stream request for an unknown deployment or with a wrong key returns a problem document', async () => {
    const unknown = await openSse(urlOf('uv_20260101_000000_unknown1', 'progress'), { key: key() });
    const stranger = await openSse(urlOf('uv_20260101_000000_unknown1', 'logs'), { key: 'no key' });
    await Promise.all([unknown.over, stranger.over]);
    expect([unknown, stranger].map(({ status }) => status)).toEqual([404, 401]);
    for (const { headers } of [unknown, stranger])
      expect(headers['content-type']).toContain('application/problem+json');
  });

  it('open streams close without an end event when Slipway stops', async () => {
    const { deployment_id: id } = await slipway.deploy(
      slipway.app('never-healthy', { service: 'endless', health_check: { timeout: 3600 } }, { timeout: 3600 }),
    );
    const streams = await Promise.all(
      [urlOf(id, 'progress'), urlOf(id, 'logs'), serviceLogUrl('printer')].map((url) => openSse(url, { key: key() })),
    );
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await slipway.down('SIGINT')).toBe(0);
    await Promise.all(streams.map(({ over }) => over));
    for (const { events } of streams) expect(events.map(({ event }) => event)).not.toContain('end');
  });
});
