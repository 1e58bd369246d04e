import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dependantsOf, findCycle } from '../../../src/contract/dependencies.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const graph = fc
  .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 12 })
  .map((edges) => new Map(names.map((name) => [name, edges.filter(([from]) => from === name).map(([, to]) => to)])));

/** Takes away whoever needs nobody that is left, until nobody can go: what stays goes round in circles. */
function hasCycle(needs: Map<string, string[]>): boolean {
  const left = new Map(needs);
  for (;;) {
    const free = [...left].find(([, needed]) => !needed.some((name) => left.has(name)));
    if (!free) return left.size > 0;
    left.delete(free[0]);
  }
}

describe('dependency cycles', () => {
  it('a dependency cycle is found exactly if a cycle exists, and is returned as a path of real dependencies', () => {
    fc.assert(
      fc.property(graph, (needs) => {
        const cycle = findCycle(needs);
        expect(cycle !== undefined).toBe(hasCycle(needs));
        if (!cycle) return;
        expect(cycle.at(0)).toBe(cycle.at(-1));
        for (const [index, name] of cycle.slice(1).entries()) expect(needs.get(cycle[index]!)).toContain(name);
      }),
    );
  });

  it('a service that depends on itself is a dependency cycle', () => {
    expect(findCycle(new Map([['a', ['a']]]))).toEqual(['a', 'a']);
  });

  it('a dependency on an unknown service isn’t a dependency cycle', () => {
    expect(findCycle(new Map([['a', ['elsewhere']]]))).toBeUndefined();
  });

  it('a dependency cycle is found in a chain of 2,000 services', () => {
    const chain = new Map(Array.from({ length: 2000 }, (_, i) => [`s${i}`, [`s${i + 1}`]]));
    expect(findCycle(chain)).toBeUndefined();
    chain.set('s2000', ['s0']);
    expect(findCycle(chain)).toHaveLength(2002);
  });
});

it('the dependants of a service are the services that name it as a dependency', () => {
  const needs = new Map([
    ['web', ['db', 'cache']],
    ['bot', ['db']],
    ['db', []],
  ]);
  expect(dependantsOf('db', needs)).toEqual(['web', 'bot']);
  expect(dependantsOf('web', needs)).toEqual([]);
});
