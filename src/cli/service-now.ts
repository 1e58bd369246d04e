import type { ServiceBody } from './bodies.js';
import { part } from './client.js';
import type { Context } from './context.js';
import { isRefused, reasonOf } from './errors.js';

/**
 * Returns the current service for additional output. Returns undefined if it can't be read, so that the command doesn't
 * fail.
 */
export async function serviceNow(context: Context, service: string): Promise<ServiceBody | undefined> {
  const { client, note, line } = context;
  try {
    return await client.get<ServiceBody>(`/services/${part(service)}`);
  } catch (error) {
    if (!isRefused(error, 'forbidden', 'not_found')) note(line('service_unseen', { reason: reasonOf(error) }));
    return undefined;
  }
}
