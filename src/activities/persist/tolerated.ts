import { log } from '@temporalio/activity';
import { SlipwayError } from '../../contract/errors.js';

export const NOT_ALL_READ = 'not all that another app saved could be read';

/** Logs an error about entries of an app that can't be read or kept, and continues. Throws any other error. */
export async function warnIfInvalid(
  work: Promise<unknown>,
  message: string,
  facts: Record<string, unknown> = {},
): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'source_invalid') throw error;
    log.warn(message, { ...facts, error });
  }
}
