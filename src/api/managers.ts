// Rejects requests for a mode that is currently unavailable.
import { SlipwayError } from '../contract/errors.js';
import type { StartRequest } from '../contract/requests.js';
import { storedMessage } from '../contract/texts.js';
import type { ApiDeps } from './deps.js';
import { isAlive } from './health.js';

/** Rejects a request for an unavailable mode. With fallback modes, the mode is only skipped. */
export async function refuseKnownUnavailable(
  { gateway, folder }: ApiDeps,
  { mode, config }: StartRequest,
): Promise<void> {
  if (mode === 'auto' || (config.fallback_modes?.length ?? 0) > 0) return;
  const beat = await gateway.readHostBeat(folder.hostId);
  if (!beat || !isAlive(beat)) return; // unknown doesn't mean unavailable: the deployment checks the mode itself
  const manager = beat.managers[mode];
  if (manager.status === 'available' || !manager.error) return;
  const code = manager.error.code === 'engine_unavailable' ? 'engine_unavailable' : 'tool_missing';
  throw new SlipwayError(code, storedMessage(manager.error));
}
