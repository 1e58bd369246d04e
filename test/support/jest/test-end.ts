// Work for the end of a test, said where its reason is. It is done also when the test failed.
import { afterEach } from '@jest/globals';

type Work = () => unknown;

declare global {
  /** Of the test that runs, or ran last: environment.mjs keeps it. */
  var hasTestFailed: boolean;
}

const waiting: Work[] = [];

/** Called in a test or in a `beforeEach`. The latest work is done first, and awaited; an error fails the test. */
export function onTestFinished(work: Work): void {
  waiting.push(work);
}

/** As `onTestFinished`, for a test that failed. */
export function onTestFailed(work: Work): void {
  onTestFinished(() => (globalThis.hasTestFailed ? work() : undefined));
}

// Registered by the first import of this module: after the hooks of a `describe`, before those of the file.
afterEach(async () => {
  const errors: unknown[] = [];
  for (const work of waiting.splice(0).reverse()) await attempt(work, errors);
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'));
  if (errors.length === 1) throw errors[0];
});

/** An error keeps no other work from being done. */
async function attempt(work: Work, errors: unknown[]): Promise<void> {
  try {
    await work();
  } catch (error) {
    errors.push(error);
  }
}
