import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import type { Response } from 'express';
import { onceClosed } from '../../../src/api/once-closed.js';
import { onTestFinished } from '../../support/jest/test-end.js';

it.each(['before', 'after'] as const)('onceClosed reports a client that disconnects %s the call', async (when) => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const call = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }).on('error', () => undefined); // it is destroyed
  const [, res] = (await once(server, 'request')) as [unknown, ServerResponse];
  const closed = once(res, 'close');
  if (when === 'before') {
    call.destroy();
    await closed;
  }
  const heard = new Promise<void>((resolve) => {
    onceClosed(res as Response, resolve);
  });
  call.destroy();
  await expect(heard).resolves.toBeUndefined();
});
