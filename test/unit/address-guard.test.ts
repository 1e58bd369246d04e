import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAddressGuard } from '../../src/address-guard.js';
import { createGuardedHttp } from '../../src/activities/ports/http-port.js';

const guard = createAddressGuard([]);

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254', // metadata of clouds
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::10.0.0.1', // as IPv4 was once written in IPv6
    '::7f00:2',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1', // 127.0.0.1 behind NAT64
    '2002:7f00:1::', // 127.0.0.1 by 6to4
  ])('the private or reserved address %s is denied', (address) => {
    expect(guard.isAllowed(address)).toBe(false);
  });

  it.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'the public address %s is allowed',
    (address) => {
      expect(guard.isAllowed(address)).toBe(true);
    },
  );

  it('an address is allowed if it is in an opened network, and addresses outside it are denied', () => {
    const opened = createAddressGuard(['10.1.0.0/16', '127.0.0.1', 'fd00::/8']);
    expect(['10.1.2.3', '127.0.0.1', 'fd12::1', '::ffff:10.1.0.9'].every((address) => opened.isAllowed(address))).toBe(
      true,
    );
    expect(['10.2.0.1', '127.0.0.2', 'fe80::1'].some((address) => opened.isAllowed(address))).toBe(false);
  });
});

describe('host names', () => {
  /** As the API gives them: read by the parser of URLs, which undoes every disguise. */
  const judge = (url: string) => guard.judge(new URL(url).hostname);

  it.each(['http://2130706433/', 'http://0177.0.0.1/', 'http://0x7f.1/', 'http://127.1/', 'http://[::ffff:7f00:1]/'])(
    '%s is recognized as 127.0.0.1 and denied',
    async (url) => {
      expect((await judge(url)).verdict).toBe('denied');
    },
  );

  it('a host name is judged by the addresses that it resolves to', async () => {
    expect(await judge('http://localhost:8080/health')).toMatchObject({ verdict: 'denied' });
    expect(await judge('http://no-such-host.invalid/')).toEqual({ verdict: 'unknown' });
  });
});

describe('guarded probes', () => {
  let server: Server;
  let port = 0;
  let asked = 0;
  beforeAll(async () => {
    server = createServer((_, response) => {
      asked += 1;
      response.writeHead(204).end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
  });

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]'])('a guarded probe never connects to %s', async (host) => {
    const before = asked;
    const result = await createGuardedHttp(guard).probe(`http://${host}:${port}/`, { timeoutMs: 2000 });
    expect(result).toEqual({ error: 'EADDRDENIED' });
    expect(asked).toBe(before);
  });

  it('a guarded probe connects to an opened address by number and by name', async () => {
    const http = createGuardedHttp(createAddressGuard(['127.0.0.0/8', '::1']));
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await http.probe(`http://${host}:${port}/`, { timeoutMs: 2000 })).toEqual({ status: 204 });
  });
});
