import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
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

describe('HTTP probes', () => {
  it('a probe returns the status of a redirect without following the redirect', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
    expect(await http.probe(url, options)).toEqual({ status: 302 });
  });

  it('a probe returns the status without waiting for an endless body', async () => {
    const url = await serve((_, response) => response.writeHead(200).write('and so on'));
    expect(await http.probe(url, options)).toEqual({ status: 200 });
  });

  it('a probe returns ECONNREFUSED if no process listens on the port', async () => {
    expect(await http.probe('http://127.0.0.1:1/', options)).toEqual({ error: 'ECONNREFUSED' });
  });

  it('a probe returns a timeout if no response arrives in time', async () => {
    const url = await serve(() => undefined);
    expect(await http.probe(url, { timeoutMs: 50 })).toEqual({ error: 'timeout' });
  });

  it('a probe returns ECONNRESET if the server closes the connection', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(await http.probe(url, options)).toEqual({ error: 'ECONNRESET' });
  });

  it('an aborted probe rejects with the reason of the abort', async () => {
    const url = await serve(() => undefined);
    const stop = new AbortController();
    const probing = http.probe(url, { ...options, signal: stop.signal });
    stop.abort(new Error('cancelled'));
    await expect(probing).rejects.toThrow('cancelled');
  });
});
