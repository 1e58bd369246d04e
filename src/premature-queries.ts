// Repeats a query that found events without a workflow task (src/workflows/interceptors.ts). Such a task is pending
// then, so the next query waits for it.
import { QueryNotRegisteredError, type WorkflowClientInterceptor } from '@temporalio/client';
import { PREMATURE_QUERY } from './contract/names.js';

/** More than ever needed: each attempt would have to meet another new event. */
const MOST_ATTEMPTS = 5;

export const repeatPrematureQueries: WorkflowClientInterceptor = {
  async query(input, next) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await next(input);
      } catch (error) {
        if (attempt === MOST_ATTEMPTS || !isPremature(error)) throw error;
      }
    }
  },
};

const isPremature = (error: unknown): boolean =>
  error instanceof QueryNotRegisteredError && error.message.includes(PREMATURE_QUERY);
