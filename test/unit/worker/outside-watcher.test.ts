import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProbeResult } from '../../../src/activities/ports/http-port.js';
import type { Observation, Outside } from '../../../src/contract/messages.js';
import { watchOutside } from '../../../src/worker/outside-watcher.js';
import { eventually } from '../../support/eventually.js';

const HOST = 'h1';
let registered: Outside[];
let answers: Record<string, ProbeResult>;
let told: string[];
let reasons: (string | undefined)[];
let asked: string[];
let hosts: (string | undefined)[];
let lost: string[];
let stopping: AbortController;
let watching: Promise<void>;

beforeEach(() => {
  [registered, answers, told, reasons, asked, hosts] = [[], {}, [], [], [], []];
  lost = [];
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await watching;
});

function watch(list: () => Promise<Outside[]> = () => Promise.resolve(registered)): void {
  watching = watchOutside(
    {
      hostId: HOST,
      list,
      http: {
        probe(url) {
          asked.push(url);
          return Promise.resolve(answers[url] ?? { error: 'ECONNREFUSED' });
        },
      },
      report(service, observation: Observation) {
        if (observation.kind !== 'outside') throw new Error(`${observation.kind} of ${service}`);
        told.push(`${service} ${observation.healthUrl} ${observation.health}`);
        reasons.push(observation.reason?.text);
        hosts.push(observation.hostId);
        return Promise.resolve('accepted');
      },
      isLost: (hostId) => Promise.resolve(lost.includes(hostId)),
      log: { warn: () => undefined },
      tickMs: 10,
      listEveryMs: 20,
    },
    stopping.signal,
  );
}
const outside = (name: string, healthUrl: string, hostId = HOST, revision = 1): Outside => ({
  name,
  healthUrl,
  hostId,
  revision,
});

describe('health of external services', () => {
  it('the health of an external service is reported only when it changes', async () => {
    registered = [outside('db', 'http://db/')];
    answers = { 'http://db/': { status: 200 } };
    watch();
    await eventually(() => told.length === 1);
    answers = { 'http://db/': { status: 302 } }; // follows nowhere, and is good
    await eventually(() => asked.length > 10);
    answers = { 'http://db/': { status: 404 } };
    await eventually(() => told.length === 3);
    answers = { 'http://db/': { status: 204 } };
    await eventually(() => told.length === 4);
    const healths = ['healthy', 'degraded', 'unhealthy', 'healthy'];
    expect(told).toEqual(healths.map((health) => `db http://db/ ${health}`));
  });

  it('the health of an external service is reported with a reason, and again if the reason changes', async () => {
    registered = [outside('db', 'http://db/')];
    answers = { 'http://db/': { status: 200 } };
    watch();
    await eventually(() => told.length === 1);
    answers = { 'http://db/': { status: 500 } };
    await eventually(() => told.length === 3);
    answers = { 'http://db/': { error: 'timeout' } };
    await eventually(() => told.length === 4);
    const before = asked.length;
    await eventually(() => asked.length > before + 5); // the same reason is told once
    answers = { 'http://db/': { status: 200 } };
    await eventually(() => told.length === 5);
    expect(told.map((line) => line.split(' ')[2])).toEqual([
      'healthy',
      'degraded',
      'unhealthy',
      'unhealthy',
      'healthy',
    ]);
    expect(reasons).toEqual([undefined, 'outside.status', 'outside.status', 'outside.timeout', undefined]);
  });

  it('an external service without a host is probed by the host that finds it, which reports its id', async () => {
    registered = [{ name: 'db', healthUrl: 'http://db/', revision: 1 }];
    answers = { 'http://db/': { status: 200 } };
    watch();
    await eventually(() => told.length === 1);
    expect([told, hosts]).toEqual([['db http://db/ healthy'], [HOST]]);
  });

  it('an external service of a lost host is probed by another host, which reports its id', async () => {
    registered = [outside('db', 'http://db/', 'h2')];
    answers = { 'http://db/': { status: 200 } };
    watch();
    await new Promise((resolve) => setTimeout(resolve, 100)); // five looks
    expect(asked).toEqual([]);
    lost = ['h2'];
    await eventually(() => told.length === 1);
    expect([told, hosts]).toEqual([['db http://db/ healthy'], [HOST]]);
  });

  it('an external service of another host or without a registration isn’t probed, and a new address is probed', async () => {
    registered = [outside('db', 'http://one/'), outside('elsewhere', 'http://theirs/', 'h2')];
    answers = { 'http://one/': { status: 200 }, 'http://two/': { status: 200 } };
    watch();
    await eventually(() => told.length === 1);
    registered = [outside('db', 'http://two/', HOST, 2)];
    await eventually(() => told.includes('db http://two/ healthy'));
    registered = [];
    const isQuiet = async (): Promise<boolean> => {
      const before = asked.length;
      await new Promise((resolve) => setTimeout(resolve, 100)); // ten ticks
      return asked.length === before;
    };
    await eventually(isQuiet);
    expect(asked).not.toContain('http://theirs/');
  });

  it('the health of an external service that is registered again is reported again, even with the same address', async () => {
    registered = [outside('db', 'http://db/')];
    answers = { 'http://db/': { status: 200 } };
    watch();
    await eventually(() => told.length === 1);
    registered = [outside('db', 'http://db/', HOST, 2)];
    await eventually(() => told.length === 2);
  });

  it('an external service is still probed while the list of services can’t be read', async () => {
    let lists = 0;
    registered = [outside('db', 'http://db/')];
    watch(() => {
      lists += 1;
      return lists === 1 ? Promise.resolve(registered) : Promise.reject(new Error('no worker'));
    });
    await eventually(() => told.includes('db http://db/ unhealthy'));
    answers = { 'http://db/': { status: 200 } };
    await eventually(() => lists > 3 && told.includes('db http://db/ healthy'));
  });
});
