import { log } from '@temporalio/activity';
import { SlipwayError } from '../../contract/errors.js';

export const NOT_ALL_READ = 'not all that another app saved could be read';

/** Logs what can't be read or kept because of what an app put there. The work around it goes on; any other error ends it. */
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
