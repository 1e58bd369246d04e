import type { ServiceBody } from './bodies.js';
import { part } from './client.js';
import type { Context } from './context.js';
import { isRefused, reasonOf } from './errors.js';

/** How a service is, beside something that was told already: nothing fails because it can't be seen. */
export async function serviceNow(context: Context, service: string): Promise<ServiceBody | undefined> {
  const { client, note, line } = context;
  try {
    return await client.get<ServiceBody>(`/services/${part(service)}`);
  } catch (error) {
    if (!isRefused(error, 'forbidden', 'not_found')) note(line('service_unseen', { reason: reasonOf(error) }));
    return undefined;
  }
}
