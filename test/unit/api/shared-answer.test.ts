import { expect, it } from '@jest/globals';
import { shared } from '../../../src/api/shared-answer.js';

it('concurrent calls share one request', async () => {
  let asked = 0;
  const ask = shared(() => Promise.resolve((asked += 1)));
  expect(await Promise.all(Array.from({ length: 100 }, ask))).toEqual(Array.from({ length: 100 }, () => 1));
});

it('a shared request is sent at most five times a second, even if it fails', async () => {
  let nowMs = 0;
  let asked = 0;
  const ask = shared(
    () => {
      asked += 1;
      return Promise.reject(new Error(`down ${asked}`));
    },
    () => nowMs,
  );
  for (let i = 0; i < 1000; i += 1) await expect(ask()).rejects.toThrow('down');
  expect(asked).toBe(5);
  nowMs = 1000;
  await expect(ask()).rejects.toThrow('down 6');
});
