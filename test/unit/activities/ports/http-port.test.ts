import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { http } from '../../../../src/activities/ports/http-port.js';

const servers: Server[] = [];
afterEach(() => {
  servers.splice(0).forEach((server) => {
    server.closeAllConnections();
    server.close();
  });
});

function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    });
  });
}

const options = { timeoutMs: 2000 };

describe('a probe', () => {
  it('tells the status, and does not follow a redirect', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
    expect(await http.probe(url, options)).toEqual({ status: 302 });
  });

  it('does not wait for a body that never ends', async () => {
    const url = await serve((_, response) => response.writeHead(200).write('and so on'));
    expect(await http.probe(url, options)).toEqual({ status: 200 });
  });

  it('tells as data that nobody listens', async () => {
    expect(await http.probe('http://127.0.0.1:1/', options)).toEqual({ error: 'ECONNREFUSED' });
  });

  it('tells as data that the answer does not come in time', async () => {
    const url = await serve(() => undefined);
    expect(await http.probe(url, { timeoutMs: 50 })).toEqual({ error: 'timeout' });
  });

  it('tells as data that the other side hangs up', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(await http.probe(url, options)).toEqual({ error: 'ECONNRESET' });
  });

  it('rejects when it is aborted, with the reason', async () => {
    const url = await serve(() => undefined);
    const stop = new AbortController();
    const probing = http.probe(url, { ...options, signal: stop.signal });
    stop.abort(new Error('cancelled'));
    await expect(probing).rejects.toThrow('cancelled');
  });
});
