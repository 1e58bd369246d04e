import { SlipwayError } from '../contract/errors.js';
import type { ApiDeps } from './deps.js';

/** Throws `maintenance` for new work during maintenance or shutdown. Reads are still served. */
export function refuseMaintenance({ config, draining }: Pick<ApiDeps, 'config' | 'draining'>): void {
  if (config.maintenance || draining()) throw new SlipwayError('maintenance');
}
