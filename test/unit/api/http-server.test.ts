import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** Sends bytes as they are, and gives back all that is answered until the connection is closed. */
function send(...parts: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('error', reject).on('close', () => {
      resolve(answer);
    });
    for (const part of parts) socket.write(part);
  });
}

describe('what Node refuses before the app sees it', () => {
  it.each<[string, number, string[]]>([
    ['a broken header', 400, ['GET /livez HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n']],
    ['no HTTP at all', 400, ['hello\r\n\r\n']],
    ['a method that is none', 400, ['FETCH /livez HTTP/1.1\r\nHost: x\r\n\r\n']],
    ['two lengths', 400, ['POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n']],
    ['headers over 16 KiB', 431, [`GET /livez HTTP/1.1\r\nHost: x\r\nX-Bomb: ${'x'.repeat(100_000)}\r\n\r\n`]],
    ['no host', 400, ['GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n']],
    [
      'a bad request after a good one',
      400,
      ['GET /livez HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /livez HTTP/1.1\r\nno colon\r\n\r\n'],
    ],
  ])('%s is answered with %i and a problem', async (_what, status, parts) => {
    const answer = await send(...parts);
    const last = answer.slice(answer.lastIndexOf('HTTP/1.1 '));
    const [head = '', body = ''] = last.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/Content-Type: application\/problem\+json/i);
    expect(head).toMatch(/Connection: close/i);
    expect(JSON.parse(body)).toMatchObject({ status, code: 'malformed', error: 'DeploymentError' });
    expect(Number(/Content-Length: (\d+)/i.exec(head)?.[1])).toBe(Buffer.byteLength(body));
  });

  it('keeps nobody else from being answered, and an expectation nobody knows is ignored', async () => {
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
    const answer = await send('GET /livez HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });
});
