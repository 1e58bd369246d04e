import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../../support/api.js';
import { eventually } from '../../support/eventually.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({}, { patience: { headersMs: 1_000, requestMs: 1_500, lateMs: 100, silenceMs: 3_000 } });
});
afterAll(() => api.close());

interface Caller {
  socket: Socket;
  /** All that was answered until the connection is closed. */
  answer: Promise<string>;
}

function call(...parts: string[]): Caller {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  const answer = new Promise<string>((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (more: string) => (text += more));
    socket.on('error', reject).on('close', () => {
      resolve(text);
    });
  });
  for (const part of parts) socket.write(part);
  return { socket, answer };
}

const head = (length: number): string =>
  [
    'POST /api/deployments HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${api.key}`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    'Connection: close',
    '\r\n',
  ].join('\r\n');

describe('slow clients', () => {
  it('1,000 silent connections don’t block other requests and are closed', async () => {
    const callers = Array.from({ length: 1000 }, () => call());
    await eventually(async () => (await api.connections()) >= 500);
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
    await Promise.all(callers.map(({ answer }) => answer));
  });

  it('the connection of a client that doesn’t read the response is closed', async () => {
    const { socket, answer } = call('GET /api/docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(8));
    socket.pause();
    await eventually(async () => (await api.connections()) === 1);
    await eventually(async () => (await api.connections()) === 0, { timeoutMs: 10_000 });
    socket.destroy();
    await answer;
  });

  it('a client that sends its headers byte by byte receives 408, and its connection is closed', async () => {
    const { socket, answer } = call('GET /livez HTTP/1.1\r\nX-Slow: ');
    const drip = setInterval(() => socket.write('x'), 50);
    try {
      expect(await answer).toMatch(/^HTTP\/1.1 408 [^]*"code":"malformed"/);
    } finally {
      clearInterval(drip);
    }
  });

  it('a client that never completes its body receives 408', async () => {
    const { socket, answer } = call(head(100), '{');
    const drip = setInterval(() => socket.write(' '), 100);
    try {
      expect(await answer).toMatch(/^HTTP\/1.1 408 [^]*"code":"malformed"/);
    } finally {
      clearInterval(drip);
    }
  });
});

describe('large requests', () => {
  const bodyOf = (bytes: number): string => `{"x":"${'y'.repeat(bytes - 8)}"}`;

  it.each([
    ['64 KiB is read', 64 * 1024, 422],
    ['64 KiB and one byte is refused', 64 * 1024 + 1, 413],
  ])('a request body of %s', async (_what, bytes, status) => {
    const { answer } = call(head(bytes), bodyOf(bytes));
    expect(await answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('headers of ten megabytes are refused, and the next request is answered', async () => {
    const { socket, answer } = call(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Bomb: `);
    socket.write('x'.repeat(10_000_000));
    expect(await answer.catch(String)).toMatch(/^HTTP\/1.1 431 |ECONNRESET|EPIPE/); // it may be hung up on while it sends
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
  });
});

it('a value from a request never adds a response header, and an invalid request id isn’t returned', async () => {
  const injected = ['%0d%0aX-Injected:%20yes', 'a\tb', 'x'.repeat(200)];
  for (const value of injected) {
    const answer = await fetch(`${api.url}/api/nowhere/${encodeURIComponent(decodeURIComponent(value))}`, {
      headers: { Authorization: `Bearer ${api.key}`, 'X-Request-Id': value, 'Accept-Language': 'en' },
    });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('X-Injected')).toBeNull();
    expect(answer.headers.get('X-Request-Id')).not.toBe(value);
    await answer.body?.cancel();
  }
});
