// Who needs whom among services: what is missing, what goes round in a circle, and in which order to go. Pure.

/** Name → the names it needs. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** The first circle that is found, written out from its first name to the same again. */
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

/** As an error tells it: `a → b → a`. */
export const cycleWords = (cycle: readonly string[]): string => cycle.join(' → ');

export function dependantsOf(name: string, dependencies: Dependencies): string[] {
  return [...dependencies].filter(([, needed]) => needed.includes(name)).map(([dependant]) => dependant);
}
