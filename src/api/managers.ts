// Modes that can't run at all just now: a request for one is refused at once (contract §3.2).
import { SlipwayError } from '../contract/errors.js';
import type { StartRequest } from '../contract/requests.js';
import type { ApiDeps } from './deps.js';
import { isAlive } from './health.js';

/** With others to fall back to, a mode is only skipped. */
export async function refuseKnownUnavailable(
  { gateway, folder }: ApiDeps,
  { mode, config }: StartRequest,
): Promise<void> {
  if (mode === 'auto' || (config.fallback_modes?.length ?? 0) > 0) return;
  const beat = await gateway.readHostBeat(folder.hostId);
  if (!beat || !isAlive(beat)) return; // unknown is not unavailable: the deployment finds out
  const manager = beat.managers[mode];
  if (manager.status === 'available' || !manager.error) return;
  const { code, text, params } = manager.error;
  throw new SlipwayError(code === 'engine_unavailable' ? 'engine_unavailable' : 'tool_missing', { text, params });
}
