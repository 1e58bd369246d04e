// Tests that only some machines can run. On other machines Jest counts them as skipped.
import { describe, it } from '@jest/globals';

const printed = new Set<string>();

export const itIf = (canRun: boolean) => (canRun ? it : it.skip);
export const describeIf = (canRun: boolean) => (canRun ? describe : describe.skip);

/** Skips tests if the machine lacks something, and prints what it lacks. */
export function itUnless(missing: string | undefined) {
  if (missing !== undefined && !printed.has(missing)) process.stdout.write(`Tests are skipped: ${missing}\n`);
  if (missing !== undefined) printed.add(missing);
  return itIf(missing === undefined);
}
