import { createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import { keepPort } from '../../../src/start/kept-port.js';
import { freePort } from '../../support/slipway.js';

it('a reserved port isn’t reserved again until it is released', async () => {
  const first = await freePort();
  const kept = await keepPort(first);
  const other = await keepPort(kept.port);
  expect(other.port).toBeGreaterThan(kept.port);
  kept.release();
  const again = await keepPort(kept.port);
  expect(again.port).toBe(kept.port);
  again.release();
  other.release();
});

it('a port that another program listens on isn’t reserved', async () => {
  const taken = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
  const kept = await keepPort(taken);
  expect(kept.port).toBeGreaterThan(taken);
  kept.release();
  server.close();
});
