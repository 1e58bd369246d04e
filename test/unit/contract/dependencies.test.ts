import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

describe('a circle of dependencies', () => {
  it('is found exactly when there is one, and is written out along real dependencies', () => {
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

  it('may be a service that needs itself', () => {
    expect(findCycle(new Map([['a', ['a']]]))).toEqual(['a', 'a']);
  });

  it('is none where a needed name is not among them', () => {
    expect(findCycle(new Map([['a', ['elsewhere']]]))).toBeUndefined();
  });

  it('is looked for in a long chain without a deep tree of calls for each name', () => {
    const chain = new Map(Array.from({ length: 2000 }, (_, i) => [`s${i}`, [`s${i + 1}`]]));
    expect(findCycle(chain)).toBeUndefined();
    chain.set('s2000', ['s0']);
    expect(findCycle(chain)).toHaveLength(2002);
  });
});

it('dependants are those that name it', () => {
  const needs = new Map([
    ['web', ['db', 'cache']],
    ['bot', ['db']],
    ['db', []],
  ]);
  expect(dependantsOf('db', needs)).toEqual(['web', 'bot']);
  expect(dependantsOf('web', needs)).toEqual([]);
});
