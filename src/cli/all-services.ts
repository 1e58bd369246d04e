import type { ServiceRowBody } from './bodies.js';
import type { Client } from './client.js';

/** Returns the services of all pages, sorted by name. */
export async function allServices(client: Pick<Client, 'page'>): Promise<ServiceRowBody[]> {
  const rows: ServiceRowBody[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await client.page<ServiceRowBody>('/services', { cursor });
    rows.push(...items);
    cursor = next;
  } while (cursor !== undefined);
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}
