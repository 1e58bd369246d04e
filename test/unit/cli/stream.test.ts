import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { createClient } from '../../../src/cli/client.js';
import { follow, type Followed } from '../../../src/cli/stream.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** Answers each call with the next of these; one more is a mistake. */
async function api(...answers: Answer[]) {
  const calls: IncomingMessage[] = [];
  server = createServer((req, res) => {
    calls.push(req);
    const answer = answers[calls.length - 1];
    if (!answer) throw new Error(`nobody expected call ${calls.length}`);
    answer(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ url, key: 'k' }, 'en', { user: '123', guild: '456' });
  return { client, calls };
}

const sends =
  (text: string, { cut = false } = {}): Answer =>
  (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    if (cut) res.write(text, () => res.destroy());
    else res.end(text);
  };

async function all<T>(events: AsyncGenerator<Followed<T>>): Promise<Followed<T>[]> {
  const got: Followed<T>[] = [];
  for await (const event of events) got.push(event);
  return got;
}

const signal = new AbortController().signal;

it('a stream resumes after the last complete event if the connection is cut or ends without an end event', async () => {
  const { client, calls } = await api(
    sends('id: 1\nevent: log\ndata: {"n":1}\n\nid: 2\nevent: log\ndata: {"n":2}\n\nid: 3\nevent: lo', { cut: true }),
    sends('id: 3\nevent: log\ndata: {"n":3}\n\n'),
    sends('event: end\ndata: {}\n\n'),
  );
  let lost = 0;
  const events = await all(follow(client, '/x', { query: { tail: 2 }, signal, lost: () => (lost += 1) }));
  expect(events.map(({ event, data }) => [event, data])).toEqual([
    ['log', { n: 1 }],
    ['log', { n: 2 }],
    ['log', { n: 3 }],
    ['end', {}],
  ]);
  expect(calls.map(({ url, headers }) => [url, headers['last-event-id']])).toEqual([
    ['/api/x?tail=2', undefined],
    ['/api/x?tail=2', '2'],
    ['/api/x?tail=2', '3'],
  ]);
  expect(lost).toBe(2);
});

it('a character that is divided between two chunks is decoded correctly', async () => {
  const bytes = Buffer.from('event: end\ndata: {"text":"部署"}\n\n');
  const { client } = await api((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write(bytes.subarray(0, 27), () => setImmediate(() => res.end(bytes.subarray(27))));
  });
  expect(await all(follow(client, '/x', { signal }))).toEqual([{ event: 'end', data: { text: '部署' } }]);
});

const problem =
  (status: number, code: string): Answer =>
  (_req, res) => {
    res.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify({ code, detail: code }));
  };

it('a stream is retried while Slipway isn’t available, and another error ends the stream', async () => {
  const up = await api(problem(503, 'temporal_unavailable'), sends('event: end\ndata: {}\n\n'));
  expect(await all(follow(up.client, '/x', { signal }))).toHaveLength(1);
  server.close();
  const { client } = await api(problem(404, 'not_found'));
  await expect(all(follow(client, '/x', { signal }))).rejects.toMatchObject({ problem: { code: 'not_found' } });
});

it('an aborted stream ends at once', async () => {
  const { client } = await api((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('event: log\ndata: {}\n\n');
  });
  const leaving = new AbortController();
  const seen: string[] = [];
  for await (const { event } of follow(client, '/x', { signal: leaving.signal })) {
    seen.push(event);
    leaving.abort();
  }
  expect(seen).toEqual(['log']);
});

it('a stream request contains the language of the terminal and the user and guild ids', async () => {
  const { client, calls } = await api(sends('event: end\ndata: {}\n\n'));
  await all(follow(client, '/x', { signal }));
  expect(calls[0]!.headers).toMatchObject({ 'accept-language': 'en', 'x-user-id': '123', 'x-guild-id': '456' });
});
