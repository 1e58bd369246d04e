import { expect, it } from '@jest/globals';
import type { Observation } from '../../../src/contract/messages.js';
import type { Mode } from '../../../src/contract/states.js';
import type { ServiceView } from '../../../src/contract/views.js';
import { tellLostInstances } from '../../../src/worker/lost-instances.js';

const view = (name: string, changes: Partial<ServiceView> = {}): ServiceView =>
  ({
    name,
    host: 'h1',
    status: 'running',
    instance: `${name}.1`,
    releases: [{ active: true, mode: 'uv' }],
    ...changes,
  }) as ServiceView;

it('only an instance that should run on this host but has no record is reported as lost', async () => {
  const told: [string, Observation][] = [];
  const warned: string[] = [];
  await tellLostInstances(
    {
      hostId: 'h1',
      services: () =>
        Promise.resolve([
          view('there'),
          view('gone'),
          view('starting', { status: 'initializing' }),
          view('elsewhere', { host: 'h2' }),
          view('none', { instance: null }),
          view('unknown', { releases: [{ active: true, mode: 'docker' }] as ServiceView['releases'] }),
        ]),
      runtimeOf: (mode: Mode) => ({
        readRecord: (instanceId) =>
          mode === 'docker'
            ? Promise.reject(new Error('the engine is away'))
            : Promise.resolve(instanceId === 'there.1' ? ({ instanceId } as never) : undefined),
      }),
      report: (service, observation) => {
        told.push([service, observation]);
        return Promise.resolve('accepted');
      },
      log: { warn: (_facts, message) => warned.push(message) },
    },
    new AbortController().signal,
  );
  expect(told).toMatchObject([['gone', { kind: 'exited', instanceId: 'gone.1', exit: { reason: 'keeper_lost' } }]]);
  expect(warned).toEqual([expect.stringMatching(/nothing is left/), expect.stringMatching(/could not be seen/)]);
});

it('a failed read of the services is retried until the worker stops', async () => {
  const told: string[] = [];
  const stopped = new AbortController();
  const lists = [() => Promise.reject(new Error('no')), () => Promise.resolve([view('gone')])];
  const deps = {
    hostId: 'h1',
    services: () => lists.shift()!(),
    runtimeOf: () => ({ readRecord: () => Promise.resolve(undefined) }),
    report: (service: string) => {
      told.push(service);
      return Promise.resolve('accepted' as const);
    },
    log: { warn: () => undefined },
    listAgainMs: 1,
  };
  await tellLostInstances(deps, stopped.signal);
  expect(told).toEqual(['gone']);
  lists.push(() => Promise.reject(new Error('no')));
  stopped.abort();
  await tellLostInstances(deps, stopped.signal);
  expect(told).toEqual(['gone']);
});
