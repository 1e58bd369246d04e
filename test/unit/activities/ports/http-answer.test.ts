// Servers that answer in any way they like, on real sockets.
import { get } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { answerTo } from '../../../../src/activities/ports/http-answer.js';
import { http } from '../../../../src/activities/ports/http-port.js';
import { createWebhooks } from '../../../../src/activities/ports/webhook-port.js';
import { createAddressGuard } from '../../../../src/address-guard.js';
import { onTestFinished } from '../../../support/jest/test-end.js';

const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

/** Returns the URL of a server that does this with each connection after its request came. */
async function serve(answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const asked = (url: string, signal = AbortSignal.timeout(60_000)) => answerTo(get(url, { agent: false }), signal);

it.each([
  ['changes the protocol', UPGRADE, 'UNEXPECTED_UPGRADE'],
  ['returns 100 and then changes the protocol', `HTTP/1.1 100 Continue\r\n\r\n${UPGRADE}`, 'UNEXPECTED_UPGRADE'],
  ['closes the connection', '', 'ECONNRESET'],
])('a server that %s causes an error at once', async (_what, head, code) => {
  const url = await serve((socket) => socket.end(head));
  await expect(asked(url)).rejects.toMatchObject({ code });
});

it('an abort during a request rejects with the reason of the abort', async () => {
  const url = await serve(() => undefined);
  const stop = new AbortController();
  const answer = asked(url, stop.signal);
  stop.abort(new Error('cancelled'));
  await expect(answer).rejects.toThrow('cancelled');
});

it('an abort before a request rejects with the reason of the abort', async () => {
  await expect(asked('http://127.0.0.1:1/', AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
});

it('a probe and a callback return UNEXPECTED_UPGRADE for a server that changes the protocol', async () => {
  const url = await serve((socket) => socket.write(UPGRADE));
  expect(await http.probe(url, { timeoutMs: 60_000 })).toEqual({ error: 'UNEXPECTED_UPGRADE' });
  const webhooks = createWebhooks(createAddressGuard(['127.0.0.0/8']));
  const { signal } = new AbortController();
  expect(await webhooks.post(url, { headers: {}, body: '{}', timeoutMs: 60_000, signal })).toEqual({
    error: 'UNEXPECTED_UPGRADE',
  });
});
