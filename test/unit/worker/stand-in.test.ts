import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { standInForLost, type StandInDeps } from '../../../src/worker/stand-in.js';
import { eventually } from '../../support/eventually.js';

let deps: StandInDeps;
let silent: string[];
let back: string[];
let told: string[];
let stopping: AbortController;
let following: Promise<void>;

beforeEach(() => {
  [silent, back, told] = [[], [], []];
  stopping = new AbortController();
  deps = {
    hostId: 'h1',
    hosts: () => Promise.resolve(['h1', 'h2']),
    isLost: (host) => Promise.resolve(silent.includes(host)),
    standInFor: (host) => {
      told.push(`begins ${host}`);
      const close = (): Promise<void> => Promise.resolve(void told.push(`ends ${host}`));
      return Promise.resolve({ isBack: () => Promise.resolve(back.includes(host)), close });
    },
    forget: () => Promise.resolve(false),
    lost: new Set(),
    log: { warn: () => undefined },
    lookEveryMs: 10,
  };
});
afterEach(async () => {
  stopping.abort();
  await following;
});
const follow = (changes: Partial<StandInDeps> = {}): void => {
  following = standInForLost({ ...deps, ...changes }, stopping.signal);
};

it('a stand-in starts for a lost host until the host is back, and never for the own host', async () => {
  silent = ['h1', 'h2'];
  follow();
  await eventually(() => deps.lost.has('h2'));
  [silent, back] = [[], ['h2']];
  await eventually(() => deps.lost.size === 0);
  expect(told).toEqual(['begins h2', 'ends h2']);
});

it('a stand-in doesn’t start for a host that is running or can’t be checked', async () => {
  let looks = 0;
  follow({ isLost: () => ((looks += 1) % 2 === 0 ? Promise.resolve(false) : Promise.reject(new Error('away'))) });
  await eventually(() => looks > 5);
  expect(told).toEqual([]);
});

it('a stand-in ends when its host is removed, and the removal is retried while the host has a service', async () => {
  silent = ['h2'];
  let tries = 0;
  follow({
    forgetEveryMs: 20,
    forget: () => Promise.resolve((tries += 1) === 3),
    hosts: () => Promise.resolve(tries < 3 ? ['h1', 'h2'] : ['h1']), // otherwise another stand-in starts
  });
  await eventually(() => told.includes('ends h2'));
  expect(tries).toBe(3);
});

it('a stop ends all stand-ins', async () => {
  silent = ['h2'];
  follow();
  await eventually(() => deps.lost.has('h2'));
  stopping.abort();
  await following;
  expect(told).toEqual(['begins h2', 'ends h2']);
});
