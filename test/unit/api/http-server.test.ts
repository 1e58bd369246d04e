import type { RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpServer } from '../../../src/api/http-server.js';
import { startApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** Sends bytes as they are, and gives back all that is answered until the connection is closed. */
const send = (...parts: string[]): Promise<string> => sendTo(Number(new URL(api.url).port), ...parts);

function sendTo(port: number, ...parts: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('error', reject).on('close', () => {
      resolve(answer);
    });
    for (const part of parts) socket.write(part);
  });
}

describe('requests that Node refuses', () => {
  it.each<[string, number, string[]]>([
    ['a malformed header', 400, ['GET /livez HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n']],
    ['text that isn’t HTTP', 400, ['hello\r\n\r\n']],
    ['an unknown method', 400, ['FETCH /livez HTTP/1.1\r\nHost: x\r\n\r\n']],
    [
      'two Content-Length headers',
      400,
      ['POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ],
    ['headers over 16 KiB', 431, [`GET /livez HTTP/1.1\r\nHost: x\r\nX-Bomb: ${'x'.repeat(100_000)}\r\n\r\n`]],
    ['no Host header', 400, ['GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n']],
    [
      'a malformed header after a valid request',
      400,
      ['GET /livez HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /livez HTTP/1.1\r\nno colon\r\n\r\n'],
    ],
  ])('a request with %s returns %i with a problem body', async (_what, status, parts) => {
    const answer = await send(...parts);
    const last = answer.slice(answer.lastIndexOf('HTTP/1.1 '));
    const [head = '', body = ''] = last.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/Content-Type: application\/problem\+json/i);
    expect(head).toMatch(/Connection: close/i);
    expect(JSON.parse(body)).toMatchObject({ status, code: 'malformed', error: 'DeploymentError' });
    expect(Number(/Content-Length: (\d+)/i.exec(head)?.[1])).toBe(Buffer.byteLength(body));
  });

  it.each([
    ['on a new connection', []],
    ['after another request on the same connection', ['GET /livez HTTP/1.1\r\nHost: x\r\n\r\n']],
  ])('a CONNECT request %s returns 405 with a problem body', async (_what, before) => {
    const answer = await send(...before, 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n');
    const last = answer.slice(answer.lastIndexOf('HTTP/1.1 '));
    const [head = '', body = ''] = last.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 405 Method Not Allowed/);
    expect(head).toMatch(/Content-Type: application\/problem\+json/i);
    expect(head).toMatch(/Connection: close/i);
    expect(head).toMatch(/Allow: GET/i);
    expect(JSON.parse(body)).toMatchObject({ status: 405, code: 'method_not_allowed', error: 'DeploymentError' });
  });

  it('an aborted CONNECT doesn’t stop the server', async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
      socket.on('error', reject).on('close', () => {
        resolve();
      });
      socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', () => socket.resetAndDestroy());
    });
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
  });

  it('the server responds after refused requests and ignores an unknown Expect header', async () => {
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
    const answer = await send('GET /livez HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('a malformed request', () => {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const malformed = 'GET / HTTP/1.1\r\nno colon\r\n\r\n';
  const app: RequestListener = (req, res) => {
    if (req.url === '/done') res.end('done');
    if (req.url === '/begun') res.write('begun');
  };

  async function answered(...parts: string[]): Promise<string[]> {
    const server = createHttpServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answer = await sendTo((server.address() as AddressInfo).port, ...parts);
    server.close();
    return answer.match(/HTTP\/1.1 \d+|begun$/g) ?? [];
  }

  it.each<[string, string[], string[]]>([
    ['after an answered request is refused', [get('/done'), malformed], ['HTTP/1.1 200', 'HTTP/1.1 400']],
    [
      'whose body is malformed is refused',
      ['POST /pending HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n'],
      ['HTTP/1.1 400'],
    ],
    ['after a pending request only ends the connection', [get('/pending') + malformed], []],
    [
      'after a pending request and an answered one only ends the connection',
      [get('/pending') + get('/done') + malformed],
      [],
    ],
  ])('%s', async (_what, parts, answers) => {
    expect(await answered(...parts)).toEqual(answers);
  });

  it('never adds a refusal to a response that isn’t complete', async () => {
    for (const parts of [[get('/begun')], [get('/begun'), get('/pending')], [get('/begun'), get('/done')]])
      expect((await answered(parts.join('') + malformed)).filter((part) => part.endsWith('400'))).toEqual([]);
  });
});

describe('bodies that are too large', () => {
  const head = (...headers: string[]) =>
    [`Host: x`, `Authorization: Bearer ${api.key}`, ...headers].map((header) => `${header}\r\n`).join('') + '\r\n';
  const json = 'Content-Type: application/json';
  const gzip = 'Content-Type: application/gzip';
  const chunk = `${(70_000).toString(16)}\r\n${'x'.repeat(70_000)}\r\n`;

  it.each<[string, string, () => string]>([
    [
      'a JSON body whose Content-Length exceeds the limit',
      'deployments',
      () => `${head(json, 'Content-Length: 10000000000')}{`,
    ],
    [
      'a chunked JSON body that exceeds the limit',
      'deployments',
      () => head(json, 'Transfer-Encoding: chunked') + chunk,
    ],
    [
      'an upload whose Content-Length exceeds the limit',
      'uploads',
      () => `${head(gzip, 'Content-Length: 10000000000')}x`,
    ],
  ])('%s is refused with 413 before the end of the body', async (_what, path, rest) => {
    const answer = await send(`POST /api/${path} HTTP/1.1\r\n${rest()}`);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status: 413, code: 'too_large' });
  });

  it('the connection stays open for the next request after a complete body that is too large', async () => {
    const large = `${head(json, 'Content-Length: 70000')}${'x'.repeat(70_000)}`;
    const next = `GET /livez HTTP/1.1\r\n${head('Connection: close')}`;
    const answer = await send(`POST /api/deployments HTTP/1.1\r\n${large}`, next);
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });
});
