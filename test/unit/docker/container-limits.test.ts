import { expect, it } from 'vitest';
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
  ['the default, without a request', {}, {}, 512],
  ['what is asked for', {}, { memoryBytes: 256 * MIB }, 256],
  ['no more than the maximum', {}, { memoryBytes: 4096 * MIB }, 1024],
  ['the maximum, where there is no default', { memoryBytes: 0 }, {}, 1024],
  ['the maximum, where the default is more', { memoryBytes: 2048 * MIB }, {}, 1024],
  ['what is asked for, where there is no maximum', { memoryMaxBytes: 0 }, { memoryBytes: 4096 * MIB }, 4096],
  ['no limit, where there are none', { memoryBytes: 0, memoryMaxBytes: 0 }, {}, undefined],
])('the memory limit of a container is %s', (_what, changes, wanted, mib) => {
  const { Memory, MemorySwap } = limitsOf(limits(changes), undefined, wanted);
  expect([Memory, MemorySwap]).toEqual(mib === undefined ? [undefined, undefined] : [mib * MIB, mib * MIB]);
});

it.each([
  ['as many processors as it asks for', {}, { cpus: 0.5 }, 0.5],
  ['no more processors than the maximum', {}, { cpus: 8 }, 2],
  ['the maximum of processors, without a request', {}, {}, 2],
  ['no limit of processors, where there is none', { cpusMax: 0 }, {}, undefined],
])('a container gets %s', (_what, changes, wanted, cpus) => {
  expect(limitsOf(limits(changes), undefined, wanted).NanoCpus).toBe(cpus === undefined ? undefined : cpus * 1e9);
});

it.each([
  ['a maximum above the processors of the host', { cpusMax: 64 }, undefined, 4],
  ['a maximum below them', { cpusMax: 2 }, undefined, 2],
  ['no maximum, but a request above them', { cpusMax: 0 }, 8, 4],
  ['no maximum, and a request below them', { cpusMax: 0 }, 0.5, 0.5],
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
