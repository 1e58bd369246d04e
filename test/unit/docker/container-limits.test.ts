import { expect, it } from '@jest/globals';
import { limitsOf, limitsOfHost, type ContainerLimits } from '../../../src/activities/ports/docker/container-limits.js';

const MIB = 1024 ** 2;
const limits = (changes: Partial<ContainerLimits>): ContainerLimits => ({
  capabilities: [],
  pids: 0,
  memoryBytes: 512 * MIB,
  memoryMaxBytes: 1024 * MIB,
  cpusMax: 2,
  ...changes,
});

it.each([
  ['the default limit without a request', {}, {}, 512],
  ['the requested limit', {}, { memoryBytes: 256 * MIB }, 256],
  ['at most the maximum', {}, { memoryBytes: 4096 * MIB }, 1024],
  ['the maximum if no default is set', { memoryBytes: 0 }, {}, 1024],
  ['the maximum if the default is larger', { memoryBytes: 2048 * MIB }, {}, 1024],
  ['the requested limit if no maximum is set', { memoryMaxBytes: 0 }, { memoryBytes: 4096 * MIB }, 4096],
  ['unset if neither a default nor a maximum is set', { memoryBytes: 0, memoryMaxBytes: 0 }, {}, undefined],
])('the memory limit of a container is %s', (_what, changes, wanted, mib) => {
  const { Memory, MemorySwap } = limitsOf(limits(changes), undefined, wanted);
  expect([Memory, MemorySwap]).toEqual(mib === undefined ? [undefined, undefined] : [mib * MIB, mib * MIB]);
});

it.each([
  ['the requested number of processors', {}, { cpus: 0.5 }, 0.5],
  ['at most the maximum number of processors', {}, { cpus: 8 }, 2],
  ['the maximum number of processors without a request', {}, {}, 2],
  ['no processor limit if no maximum is set', { cpusMax: 0 }, {}, undefined],
])('a container gets %s', (_what, changes, wanted, cpus) => {
  expect(limitsOf(limits(changes), undefined, wanted).NanoCpus).toBe(cpus === undefined ? undefined : cpus * 1e9);
});

it.each([
  ['a maximum above the number of host processors', { cpusMax: 64 }, undefined, 4],
  ['a maximum below the number of host processors', { cpusMax: 2 }, undefined, 2],
  ['no maximum but a request above the number of host processors', { cpusMax: 0 }, 8, 4],
  ['no maximum but a request below the number of host processors', { cpusMax: 0 }, 0.5, 0.5],
])('with %s, a container gets a processor limit that the engine accepts', async (_what, changes, cpus, expected) => {
  const engine = { info: () => Promise.resolve({ NCPU: 4 }) };
  const held = await limitsOfHost(engine, limits(changes), cpus);
  expect(limitsOf(held, undefined, { cpus }).NanoCpus).toBe(expected * 1e9);
});

it('the engine isn’t called if processors aren’t limited', async () => {
  const engine = { info: () => Promise.reject(new Error('called')) };
  const unlimited = limits({ cpusMax: 0 });
  expect(await limitsOfHost(engine as never, unlimited)).toBe(unlimited);
});
