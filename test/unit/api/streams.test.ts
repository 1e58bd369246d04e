import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { stateAt } from '../../../src/contract/state-at.js';
import { progressBody, type DeploymentState, type ProgressBody } from '../../../src/contract/views.js';
import { startRequestSchema } from '../../../src/contract/requests.js';
import { errorRecord } from '../../../src/contract/errors.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';
import { blankState } from '../../../src/workflows/view.js';
import { startApi, type TestApi } from '../../support/api.js';
import { eventually } from '../../support/eventually.js';
import { fakeDate } from '../../support/jest/fake-date.js';
import { onTestFinished } from '../../support/jest/test-end.js';
import { openSse, readSse, stallSse, type SseEvent, type SseStream } from '../../support/sse.js';

const ID = 'uv_20260101_000000_abcdefgh';
const PACE = { keepAliveMs: 50, stallMs: 400, recheckMs: 50 };
const at = (second: number): string => new Date(Date.parse('2026-01-01T00:00:00.000Z') + second * 1000).toISOString();

let api: TestApi;
let state: DeploymentState;
let isStale = false;
let home: string;
let policyFile: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'slipway-streams-'));
  policyFile = join(home, 'policies.json');
  writeFileSync(policyFile, '{}');
  api = await startApi({ SLIPWAY_POLICY_FILE: policyFile }, { pace: PACE });
  mkdirSync(join(api.dataDir, 'logs/deployments'), { recursive: true });
  mkdirSync(join(api.dataDir, 'logs/services/shop'), { recursive: true });
});
afterAll(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});
beforeEach(() => {
  isStale = false;
  state = running();
  api.gateway = {
    readDeployment: (id) => Promise.resolve(id === ID ? { value: state, stale: isStale } : undefined),
    readService: (name) =>
      Promise.resolve(name === 'shop' ? { value: serviceView(newService('shop', at(0))), stale: false } : undefined),
  };
});

function running(): DeploymentState {
  return {
    ...blankState(ID, startRequestSchema.parse({ mode: 'uv' })),
    status: 'running',
    startTime: at(0),
    current: { mode: 'uv', startedAt: at(1), step: 'prepare', stepStartedAt: at(1) },
    events: [
      { n: 1, at: at(0), type: 'started', status: 'running' },
      { n: 2, at: at(1), type: 'attempt_started', mode: 'uv' },
      { n: 3, at: at(1), type: 'step_started', mode: 'uv', step: 'prepare' },
    ],
  };
}

function ended(): DeploymentState {
  const told = running();
  return {
    ...told,
    status: 'failed',
    endTime: at(9),
    failure: { error: errorRecord('internal', { params: { reason: 'x' } }), step: 'prepare', mode: 'uv' },
    events: [...told.events, { n: 4, at: at(9), type: 'ended', status: 'failed' }],
  };
}

const progressUrl = (id = ID): string => `${api.url}/api/deployments/${id}/progress`;
const idsOf = (events: readonly SseEvent[]) => events.map(({ id, event }) => (event === 'end' ? 'end' : id));

describe('the progress stream of a deployment', () => {
  it('the progress stream contains each event with the progress at that time, and the end', async () => {
    state = ended();
    const events = await readSse<ProgressBody>(progressUrl(), { key: api.key });
    expect(events.map(({ id, event, data }) => ({ id, event, data }))).toEqual([
      ...state.events.map(({ n, at: when }) => ({
        id: String(n),
        event: 'progress',
        data: progressBody(stateAt(state, n), new Date(when), 'zh-TW'),
      })),
      { id: undefined, event: 'end', data: progressBody(state, new Date(), 'zh-TW') },
    ]);
  });

  it.each([
    ['resumes after the event in the Last-Event-ID header', '3', ['4', 'end']],
    ['repeats the end event if the Last-Event-ID header contains the last event', '4', ['end']],
    ['sends only the end event if the Last-Event-ID header is larger than the last event', '99', ['end']],
    ['starts at the first event without a Last-Event-ID header', undefined, ['1', '2', '3', '4', 'end']],
    ['starts at the first event if the Last-Event-ID header is empty', '', ['1', '2', '3', '4', 'end']],
    ['starts at the first event if the Last-Event-ID header isn’t a number', 'x', ['1', '2', '3', '4', 'end']],
    ['starts at the first event if the Last-Event-ID header is negative', '-1', ['1', '2', '3', '4', 'end']],
  ])('a progress stream %s', async (_what, lastId, expected) => {
    state = ended();
    expect(idsOf(await readSse(progressUrl(), { key: api.key, lastId }))).toEqual(expected);
  });

  it('a progress stream sends events as they happen and is closed by the API at the end', async () => {
    const stream = await openSse(progressUrl(), { key: api.key });
    await eventually(() => stream.events.length === 3);
    state = ended();
    await stream.over;
    expect(idsOf(stream.events)).toEqual(['1', '2', '3', '4', 'end']);
  });

  it('a progress stream sends no event for a stale state', async () => {
    const stream = await openSse(progressUrl(), { key: api.key });
    await eventually(() => stream.events.length === 3);
    let asked = 0;
    const { readDeployment } = api.gateway;
    api.gateway.readDeployment = (id) => {
      asked += 1;
      return readDeployment!(id);
    };
    isStale = true;
    state = ended();
    await eventually(() => asked > 1);
    expect(stream.events).toHaveLength(3);
    isStale = false;
    await stream.over;
    expect(idsOf(stream.events)).toEqual(['1', '2', '3', '4', 'end']);
  });

  it('a progress stream sends interim events without an id while the estimated progress grows', async () => {
    state = {
      ...running(),
      estimates: { uv: 10_000 },
      current: { mode: 'uv', startedAt: at(1), step: 'prepare', stepStartedAt: new Date().toISOString() },
    };
    state.events[2]!.at = state.current!.stepStartedAt;
    const stream = await openSse<ProgressBody>(progressUrl(), { key: api.key });
    await eventually(() => stream.events.length === 4, { timeoutMs: 20_000 });
    const [before, interim] = stream.events.slice(-2) as [SseEvent<ProgressBody>, SseEvent<ProgressBody>];
    expect(interim).toMatchObject({ id: undefined, event: 'progress' });
    expect(interim.data.progress_percentage).toBeGreaterThan(before.data.progress_percentage);
    expect(interim.data.last_update).toBe(before.data.last_update);
    expect(interim.atMs - before.atMs).toBeGreaterThan(1900);
    stream.cut();
  });

  it('a progress stream sends comments to keep the connection open', async () => {
    const stream = await openSse(progressUrl(), { key: api.key });
    await eventually(() => stream.comments.length >= 3);
    stream.cut();
  });

  it('a progress stream ends with the end event of a terminated deployment, whose event list has no end', async () => {
    const { events, ...rest } = ended();
    state = { ...rest, events: events.slice(0, 3) };
    const told = await readSse<ProgressBody>(progressUrl(), { key: api.key });
    expect(told.at(-1)).toMatchObject({ event: 'end', data: { status: 'failed' } });
    expect(told.at(-2)).toMatchObject({ id: '3', data: { status: 'running' } });
  });
});

describe('stream requests without a stream', () => {
  it.each<[string, string, Record<string, string>, number, string]>([
    [
      'for the progress of an unknown deployment',
      'deployments/uv_20260101_000000_unknown1/progress',
      {},
      404,
      'not_found',
    ],
    ['for the log of an unknown deployment', 'deployments/uv_20260101_000000_unknown1/logs', {}, 404, 'not_found'],
    ['for the log of an unknown service', 'services/nobody/logs', {}, 404, 'not_found'],
    ['without a key', `deployments/${ID}/progress`, { Authorization: '' }, 401, 'unauthenticated'],
    ['with an invalid filter', `deployments/${ID}/logs?tail=x`, {}, 422, 'invalid'],
    ['with an unsupported media type', `deployments/${ID}/progress`, { Accept: 'image/png' }, 406, 'not_acceptable'],
  ])('a stream request %s returns an error response', async (_what, path, headers, status, code) => {
    const answer = await openSse(`${api.url}/api/${path}`, { key: api.key, headers });
    await answer.over;
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(answer.text)).toMatchObject({ code });
  });

  it.each(['progress', 'logs'])(
    'HEAD of %s ends at once with the headers of a stream, and POST returns 405',
    async (what) => {
      const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${api.key}` };
      const head = await fetch(`${api.url}/api/deployments/${ID}/${what}`, { method: 'HEAD', headers });
      expect(head.headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8');
      expect(await head.text()).toBe('');
      const post = await fetch(`${api.url}/api/deployments/${ID}/${what}`, { method: 'POST', headers });
      expect([post.status, post.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
    },
  );

  it.each([
    ['text/event-stream; charset=utf-8', 'text/event-stream'],
    ['text/event-stream;q=0.5;charset=utf-8, application/json ; charset="a,b;q=0" ; Q=0.9', 'application/json'],
    ['application/json;q=0.1;version=1, text/*;level=1;q=0.3', 'text/event-stream'],
    ['application/json;version=1;q=0, */*;q=0.1', 'text/event-stream'],
  ])('the weights in the Accept header %s select %s', async (accepted, type) => {
    const headers = { Accept: accepted, Authorization: `Bearer ${api.key}` };
    const head = await fetch(`${api.url}/api/deployments/${ID}/progress`, { method: 'HEAD', headers });
    expect([head.status, head.headers.get('Content-Type')]).toEqual([200, `${type}; charset=utf-8`]);
  });

  it('a client that accepts any type receives the progress as JSON', async () => {
    const progress = await api.call(`/api/deployments/${ID}/progress`, { headers: { Accept: '*/*' } });
    expect(progress.body).toMatchObject({ deployment_id: ID });
  });
});

interface LogData {
  ts: string;
  step?: string;
  stream: string;
  line: string;
}

const lineOf = (step: string, line: string, second = 1): string =>
  `${JSON.stringify({ ts: at(second), step, stream: 'stdout', line })}\n`;

describe('the log stream of a deployment', () => {
  let file: string;
  const url = (query = ''): string => `${api.url}/api/deployments/${ID}/logs${query}`;
  const read = async (query: string, lastId?: string): Promise<SseEvent<LogData>[]> => {
    const events = await readSse<LogData>(url(query), { key: api.key, lastId });
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { deployment_id: ID, status: 'failed' } });
    return events.slice(0, -1);
  };
  const linesOf = (events: readonly SseEvent<LogData>[]) => events.map(({ data }) => data.line);

  beforeEach(() => {
    file = join(api.dataDir, `logs/deployments/${ID}.ndjson`);
    appendFileSync(file, '');
    truncateSync(file);
  });

  it('the id of a log event is the offset after the line, and the Last-Event-ID header overrides the tail filter', async () => {
    state = ended();
    const [first, second] = [lineOf('prepare', '早'), lineOf('install', 'two')];
    appendFileSync(file, first + second);
    const events = await read('');
    expect(events.map(({ id, data }) => ({ id, ...data }))).toEqual([
      { id: String(Buffer.byteLength(first)), ts: at(1), step: 'prepare', stream: 'stdout', line: '早' },
      { id: String(Buffer.byteLength(first + second)), ts: at(1), step: 'install', stream: 'stdout', line: 'two' },
    ]);
    expect(linesOf(await read('', events[0]!.id))).toEqual(['two']);
    expect(linesOf(await read('?tail=1', events[1]!.id))).toEqual([]); // a place counts before a filter
    expect(linesOf(await read('', '99999'))).toEqual([]);
    expect(linesOf(await read('', 'x'))).toEqual(['早', 'two']);
  });

  it.each([
    ['?tail=2', ['p 999', 'i 999']],
    ['?tail=0', []],
    ['?tail=2&step=prepare', ['p 998', 'p 999']],
    ['?step=check', ['only']],
    [`?since=${at(2000)}`, ['only']],
    [`?since=${at(2000)}&tail=5`, ['only']],
  ])('a log stream with %s contains only the selected lines', async (query, expected) => {
    state = ended();
    const text = Array.from({ length: 1000 }, (_, i) => lineOf('prepare', `p ${i}`) + lineOf('install', `i ${i}`));
    appendFileSync(file, lineOf('check', 'only', 2000) + text.join('')); // times need not be in order
    expect(linesOf(await read(query))).toEqual(expected);
  });

  it('a log stream keeps its step filter and sends all lines that were written before the end of the deployment', async () => {
    appendFileSync(file, lineOf('prepare', 'p') + lineOf('install', 'one'));
    const stream = await openSse<LogData>(url('?step=install'), { key: api.key });
    await eventually(() => stream.events.length === 1);
    appendFileSync(file, lineOf('prepare', 'q') + lineOf('install', 'two'));
    await eventually(() => stream.events.length === 2);
    const last = Array.from({ length: 5000 }, (_, i) => `last ${i}`);
    appendFileSync(file, last.map((line) => lineOf('install', line)).join(''));
    state = ended();
    await stream.over;
    expect(stream.events.at(-1)?.event).toBe('end');
    expect(linesOf(stream.events.slice(0, -1))).toEqual(['one', 'two', ...last]);
  });

  it('a stalled log stream is closed after a while and doesn’t delay other streams', async () => {
    const big = Array.from({ length: 30_000 }, (_, i) => lineOf('install', `${i} ${'x'.repeat(300)}`));
    appendFileSync(file, big.join(''));
    await eventually(async () => (await api.connections()) === 0, { timeoutMs: 30_000 }); // kept alive by earlier tests
    const cut = await stallSse(url(), api.key);
    const reading = await openSse<LogData>(url(), { key: api.key });
    await eventually(() => reading.events.length === big.length, { timeoutMs: 30_000 });
    expect(reading.events.at(-1)?.id).toBe(String(Buffer.byteLength(big.join(''))));
    await eventually(async () => (await api.connections()) === 1, { timeoutMs: 30_000 });
    expect(reading.comments.length).toBeGreaterThan(0);
    reading.cut();
    cut();
  });
});

describe('log streams of large logs', () => {
  let patient: TestApi; // neither does a comment come first, nor is a stream closed as stalled
  beforeAll(async () => {
    patient = await startApi({}, { pace: { ...PACE, keepAliveMs: 60_000, stallMs: 600_000 } });
    patient.gateway = { readDeployment: () => Promise.resolve({ value: running(), stale: false }) };
    mkdirSync(join(patient.dataDir, 'logs/deployments'), { recursive: true });
  });
  afterAll(() => patient.close());

  it.each([
    ['?tail=0', ['after']],
    ['?tail=2&step=install', ['99998', '99999', 'after']],
    ['?tail=1&step=check', ['after']],
  ])(
    'a log stream sends all lines written after its headers, even if the search for its start takes long: %s',
    async (query, told) => {
      const file = join(patient.dataDir, `logs/deployments/${ID}.ndjson`);
      writeFileSync(file, Array.from({ length: 100_000 }, (_, i) => lineOf('install', `${i}`)).join(''));
      const stream = await openSse<LogData>(`${patient.url}/api/deployments/${ID}/logs${query}`, patient);
      appendFileSync(file, lineOf(query.endsWith('check') ? 'check' : 'install', 'after'));
      await eventually(() => stream.events.at(-1)?.data.line === 'after');
      expect(stream.events.map(({ data }) => data.line)).toEqual(told);
      stream.cut();
    },
  );
});

describe('the log stream of a service', () => {
  const log = (count: number) =>
    join(api.dataDir, `logs/services/shop/shop.00000${count}.uv_20260101_000000_abcdefgh.ndjson`);
  const line = (text: string) => `${JSON.stringify({ ts: at(1), stream: 'stdout', line: text })}\n`;

  it('the log stream of a service continues across instances, can be resumed and has no end', async () => {
    appendFileSync(log(1), line('one'));
    const url = `${api.url}/api/services/shop/logs`;
    const stream = await openSse<LogData>(url, { key: api.key });
    await eventually(() => stream.events.length === 1);
    appendFileSync(log(1), line('two'));
    appendFileSync(log(2), line('three'));
    await eventually(() => stream.events.length === 3);
    expect(stream.events.map(({ data }) => data)).toEqual(
      ['one', 'two', 'three'].map((text) => ({ ts: at(1), stream: 'stdout', line: text })),
    );
    stream.cut();
    const resumed = await openSse<LogData>(`${url}?tail=0`, { key: api.key, lastId: stream.events[0]!.id });
    await eventually(() => resumed.events.length === 2);
    expect(resumed.events.map(({ id }) => id)).toEqual(stream.events.slice(1).map(({ id }) => id));
    resumed.cut();
    const last = await openSse<LogData>(`${url}?tail=1`, { key: api.key });
    await eventually(() => last.events.length === 1);
    expect(last.events[0]?.data.line).toBe('three');
    last.cut();
  });
});

describe('streams with revoked access', () => {
  const BY = { 'X-User-Id': '1001', 'X-Guild-Id': '9009' };
  const KINDS = [
    ['a progress stream', `deployments/${ID}/progress`],
    ['a stream of a deployment’s log', `deployments/${ID}/logs`],
    ['a stream of a service’s log', 'services/shop/logs'],
  ] as const;
  const RULES = { people: { rules: [{ actions: ['progress'] }] } };
  const SPOILT: [string, () => void][] = [
    ['no longer grants the action', () => writeFileSync(policyFile, JSON.stringify({ people: { rules: [] } }))],
    ['no longer contains the policy', () => writeFileSync(policyFile, '{}')],
    ['is invalid JSON', () => writeFileSync(policyFile, '{ not JSON')],
    ['is deleted', () => rmSync(policyFile)],
  ];
  afterEach(() => {
    jest.useRealTimers();
  });

  async function refusedWith(stream: SseStream<Record<string, unknown>>, status: number, instance: string) {
    await stream.over;
    expect(stream.status).toBe(200);
    const last = stream.events.at(-1);
    const error = 'PermissionError';
    expect(last).toMatchObject({ id: undefined, event: 'refused', data: { status, error, instance } });
    expect(stream.events.filter(({ event }) => event === 'end' || event === 'refused')).toHaveLength(1);
  }

  it.each(KINDS)(
    '%s ends with a refused event when its key is revoked, and the stream of another key continues',
    async (_what, path) => {
      const { id, key } = await api.deps.keys.create('read');
      const stream = await openSse(`${api.url}/api/${path}`, { key });
      const other = await openSse(`${api.url}/api/${path}`, { key: api.key });
      await eventually(() => stream.comments.length > 2); // looked at again, and let go on
      await api.deps.keys.revoke(id);
      await refusedWith(stream, 401, `/api/${path}`);
      const seen = other.comments.length;
      await eventually(() => other.comments.length > seen + 2);
      expect(other.events.filter(({ event }) => event === 'refused')).toEqual([]);
      other.cut();
      const again = await openSse(`${api.url}/api/${path}`, { key });
      expect(again.status).toBe(401);
    },
  );

  it('a stream ends with a refused event when its key expires', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { key } = await api.deps.keys.create('read', { expiresAt });
    const stream = await openSse(progressUrl(), { key });
    await eventually(() => stream.comments.length > 2);
    fakeDate(Date.parse(expiresAt) + 1);
    await refusedWith(stream, 401, `/api/deployments/${ID}/progress`);
  });

  it.each(SPOILT)('a stream ends with a refused event when the policy file %s', async (_what, spoil) => {
    writeFileSync(policyFile, JSON.stringify(RULES));
    const { key } = await api.deps.keys.create('read', { policy: 'people' });
    const stream = await openSse(progressUrl(), { key, headers: BY });
    await eventually(() => stream.comments.length > 2);
    spoil();
    await refusedWith(stream, 403, `/api/deployments/${ID}/progress`);
    const again = await openSse(progressUrl(), { key, headers: BY });
    expect(again.status).toBe(403);
  });

  it('a stalled stream of a revoked key is disconnected', async () => {
    const big = Array.from({ length: 30_000 }, (_, i) => lineOf('install', `${i} ${'x'.repeat(300)}`));
    const patient = await startApi({}, { pace: { ...PACE, stallMs: 600_000 } });
    try {
      mkdirSync(join(patient.dataDir, 'logs/deployments'), { recursive: true });
      writeFileSync(join(patient.dataDir, `logs/deployments/${ID}.ndjson`), big.join(''));
      patient.gateway = { readDeployment: () => Promise.resolve({ value: state, stale: false }) };
      const { id, key } = await patient.deps.keys.create('read');
      const cut = await stallSse(`${patient.url}/api/deployments/${ID}/logs`, key);
      expect(await patient.connections()).toBe(1);
      await patient.deps.keys.revoke(id);
      await eventually(async () => (await patient.connections()) === 0, { timeoutMs: 10_000 });
      cut();
    } finally {
      await patient.close();
    }
  });
});

it('streams beyond the limit of a key or of the API return 429, and closed streams free their places', async () => {
  const limited = await startApi({ SLIPWAY_STREAMS_PER_KEY: '5', SLIPWAY_STREAMS: '8', SLIPWAY_RATE_LIMIT: '0' });
  onTestFinished(() => limited.close());
  limited.gateway = api.gateway;
  const other = String((await limited.call('/api/keys', { body: { role: 'read' } })).body['key']);
  const over = new AbortController();
  const open = (key: string) =>
    fetch(`${limited.url}/api/deployments/${ID}/progress`, {
      headers: { Authorization: `Bearer ${key}`, Accept: 'text/event-stream' },
      signal: over.signal,
    });
  const answers = await Promise.all(Array.from({ length: 1000 }, () => open(limited.key)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(995);
  expect(refused[0]?.headers.get('Retry-After')).toBe('5');
  expect(await refused[0]?.json()).toMatchObject({ code: 'rate_limited' });
  const others = await Promise.all(Array.from({ length: 4 }, () => open(other)));
  expect(others.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429]); // three are left of all
  over.abort();
  const again = new AbortController();
  await eventually(async () => {
    const answer = await fetch(`${limited.url}/api/deployments/${ID}/progress`, {
      headers: { Authorization: `Bearer ${limited.key}`, Accept: 'text/event-stream' },
      signal: again.signal,
    });
    return answer.status === 200;
  });
  again.abort();
});

it('a log tail that exceeds the limit of a response is cut at its beginning, and the response reports the cut', async () => {
  const record = JSON.stringify({ ts: at(1), step: 'install', stream: 'stdout', line: 'x'.repeat(60_000) });
  writeFileSync(join(api.dataDir, 'logs/deployments', `${ID}.ndjson`), `${record}\n`.repeat(100));
  const read = (query: string) =>
    fetch(`${api.url}/api/deployments/${ID}/logs?${query}`, {
      headers: { Authorization: `Bearer ${api.key}`, Accept: 'text/plain', 'Accept-Language': 'en' },
    });
  const cut = await read('tail=1000');
  expect(cut.headers.get('X-Slipway-Log-Cut')).toBe(String(2 * 1024 * 1024));
  const [notice, ...lines] = (await cut.text()).trimEnd().split('\n');
  expect(notice).toContain('Earlier lines are left out: one answer holds 2 MiB');
  expect(lines).toHaveLength(34);
  const whole = await read('tail=10');
  expect(whole.headers.get('X-Slipway-Log-Cut')).toBeNull();
  expect((await whole.text()).trimEnd().split('\n')).toHaveLength(10);
});

describe('full downloads of logs', () => {
  const MIB = 1024 ** 2;
  const write = (mib: number): void => {
    const record = JSON.stringify({ ts: at(1), step: 'install', stream: 'stdout', line: 'x'.repeat(60_000) });
    const lines = Math.ceil((mib * MIB) / record.length);
    writeFileSync(join(api.dataDir, 'logs/deployments', `${ID}.ndjson`), `${record}\n`.repeat(lines));
  };
  const stall = () => stallSse(`${api.url}/api/deployments/${ID}/logs`, api.key, 'text/plain');

  it('a stalled log download uses little memory and is disconnected after a while', async () => {
    write(10);
    const before = process.memoryUsage().rss;
    const cuts = await Promise.all(Array.from({ length: 20 }, stall));
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB); // whole files were 280 MiB
    await eventually(async () => (await api.connections()) === 0, { timeoutMs: 10_000 });
    cuts.forEach((cut) => {
      cut();
    });
  });

  it('a log download waits while twenty downloads of the same key are in progress, and is then complete', async () => {
    write(10);
    const cuts = await Promise.all(Array.from({ length: 20 }, stall));
    const answer = await fetch(`${api.url}/api/deployments/${ID}/logs`, {
      headers: { Authorization: `Bearer ${api.key}`, Accept: 'text/plain' },
    });
    expect((await answer.text()).length).toBeGreaterThan(10 * MIB);
    cuts.forEach((cut) => {
      cut();
    });
  });
});
