// Registers clean-up work for the end of a test. The work also runs after a failure.
import { afterEach } from '@jest/globals';

type Work = () => unknown;

declare global {
  /** True if the current or last test has failed. Set by environment.mjs. */
  var hasTestFailed: boolean;
}

const waiting: Work[] = [];

/** Call it in a test or in a `beforeEach`. The latest work runs first. An error of the work fails the test. */
export function onTestFinished(work: Work): void {
  waiting.push(work);
}

/** Runs the work only if the test has failed. */
export function onTestFailed(work: Work): void {
  onTestFinished(() => (globalThis.hasTestFailed ? work() : undefined));
}

// The first import of this module registers the hook. It runs after the hooks of a `describe`, and before the file's.
afterEach(async () => {
  const errors: unknown[] = [];
  for (const work of waiting.splice(0).reverse()) await attempt(work, errors);
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'));
  if (errors.length === 1) throw errors[0];
});

/** Collects the error, so that the other work still runs. */
async function attempt(work: Work, errors: unknown[]): Promise<void> {
  try {
    await work();
  } catch (error) {
    errors.push(error);
  }
}
