// Dependencies between services: dependency cycles and dependants.

/** The services that each service needs, by name. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** Returns the first cycle found, or undefined. The first name is repeated at the end. */
export function findCycle(dependencies: Dependencies): string[] | undefined {
  const done = new Set<string>();
  for (const name of dependencies.keys()) {
    const cycle = cycleFrom(name, [], dependencies, done);
    if (cycle) return cycle;
  }
  return undefined;
}

function cycleFrom(
  name: string,
  path: readonly string[],
  dependencies: Dependencies,
  done: Set<string>,
): string[] | undefined {
  const start = path.indexOf(name);
  if (start >= 0) return [...path.slice(start), name];
  if (done.has(name)) return undefined;
  for (const needed of dependencies.get(name) ?? []) {
    const cycle = cycleFrom(needed, [...path, name], dependencies, done);
    if (cycle) return cycle;
  }
  done.add(name);
  return undefined;
}

/** Formats a cycle for an error message: `a → b → a`. */
export const cycleWords = (cycle: readonly string[]): string => cycle.join(' → ');

export function dependantsOf(name: string, dependencies: Dependencies): string[] {
  return [...dependencies].filter(([, needed]) => needed.includes(name)).map(([dependant]) => dependant);
}
