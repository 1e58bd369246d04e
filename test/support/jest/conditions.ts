// Tests that only some machines can run: elsewhere they are counted as skipped.
import { describe, it } from '@jest/globals';

const told = new Set<string>();

export const itIf = (canRun: boolean) => (canRun ? it : it.skip);
export const describeIf = (canRun: boolean) => (canRun ? describe : describe.skip);

/** As `itIf`, with what the tests lack, which is printed; undefined when they lack nothing. */
export function itUnless(missing: string | undefined) {
  if (missing !== undefined && !told.has(missing)) process.stdout.write(`Tests are skipped: ${missing}\n`);
  if (missing !== undefined) told.add(missing);
  return itIf(missing === undefined);
}
