import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createWebhooks } from '../../../../src/activities/ports/webhook-port.js';
import { createAddressGuard } from '../../../../src/address-guard.js';

const servers: { close: () => unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}
const serve = (handle: RequestListener) => {
  const server = createServer(handle);
  servers.push({
    close: () => {
      server.closeAllConnections();
    },
  });
  return listen(server);
};
const open = createWebhooks(createAddressGuard(['127.0.0.0/8', '::1']));
const post = (webhooks: typeof open, url: string, timeoutMs = 5000, signal = new AbortController().signal) =>
  webhooks.post(url, { headers: { 'X-Id': '1' }, body: '{"a":"部署"}', timeoutMs, signal });

describe('callback requests', () => {
  it('a callback request sends body and headers, and returns the status and Retry-After of the response', async () => {
    const got: { headers: IncomingMessage['headers']; text: string }[] = [];
    const port = await serve((req, res) => {
      let text = '';
      req.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      req.on('end', () => {
        got.push({ headers: req.headers, text });
        res.writeHead(429, { 'Retry-After': '3' }).end('later');
      });
    });
    expect(await post(open, `http://127.0.0.1:${port}/hook`)).toEqual({ status: 429, retryAfter: '3' });
    expect(got).toMatchObject([{ headers: { 'x-id': '1' }, text: '{"a":"部署"}' }]);
  });

  it('a callback request doesn’t follow a redirect', async () => {
    let calls = 0;
    const port = await serve((_req, res) => {
      calls += 1;
      res.writeHead(302, { Location: '/elsewhere' }).end();
    });
    expect(await post(open, `http://127.0.0.1:${port}/`)).toEqual({ status: 302, retryAfter: undefined });
    expect(calls).toBe(1);
  });

  it('a callback request ends with an error if the receiver sends its response byte by byte or not at all', async () => {
    const slow = createTcpServer((socket) => {
      const drip = setInterval(() => socket.write('H'), 50);
      socket
        .on('close', () => {
          clearInterval(drip);
        })
        .on('error', () => undefined);
    });
    const port = await listen(slow);
    expect(await post(open, `http://127.0.0.1:${port}/`, 300)).toEqual({ error: expect.any(String) });
    const silent = await listen(createTcpServer((socket) => socket.on('error', () => undefined)));
    expect(await post(open, `http://127.0.0.1:${silent}/`, 300)).toEqual({ error: 'timeout' });
  });

  it('a callback request closes the connection of a response that doesn’t end', async () => {
    const closed = new Promise<void>((resolve) => {
      void serve((req, res) => {
        req.resume();
        const more = setInterval(() => res.write('x'.repeat(32 * 1024)), 5);
        res.on('close', () => {
          clearInterval(more);
          resolve();
        });
      }).then(async (port) => {
        expect(await post(open, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 });
      });
    });
    await closed;
  });

  it('a callback request returns ECONNREFUSED without a receiver, and rejects when it is aborted', async () => {
    const port = await listen(createTcpServer());
    servers.splice(0).forEach((server) => server.close());
    expect(await post(open, `http://127.0.0.1:${port}/`)).toEqual({ error: 'ECONNREFUSED' });
    await expect(post(open, 'http://127.0.0.1/', 100, AbortSignal.abort(new Error('stopped')))).rejects.toThrow(
      'stopped',
    );
  });
});

describe('denied callback addresses', () => {
  const guarded = createWebhooks(createAddressGuard([]));
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    'localhost',
  ])('a callback to the denied address %s opens no connection', async (host) => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '::', resolve));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    expect(await post(guarded, `http://${host}:${port}/hook`)).toEqual({ denied: expect.any(String) });
    expect(connections).toBe(0);
  });

  it.each([
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '[fd00::1]',
    '[fe80::1]',
    '0.0.0.0',
  ])('a callback to the private address %s is denied', async (host) => {
    expect(await post(guarded, `http://${host}/`, 1000)).toEqual({ denied: expect.any(String) });
  });
});
