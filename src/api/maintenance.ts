import { SlipwayError } from '../contract/errors.js';
import type { ApiDeps } from './deps.js';

/** New work is refused while Slipway is maintained, or about to stop; reads go on. */
export function refuseMaintenance({ config, draining }: Pick<ApiDeps, 'config' | 'draining'>): void {
  if (config.maintenance || draining()) throw new SlipwayError('maintenance');
}
