// Determines which host user root in a container is, and whether this user is separate from root and from Slipway's
// user.
import { stat } from 'node:fs/promises';
import type Docker from 'dockerode';
import { rootOnHost, type RootOnHost } from '../../../contract/engine-root.js';

/** Rejects if the engine doesn't answer. */
export async function readRootOnHost(docker: Docker): Promise<RootOnHost> {
  const { SecurityOptions: options } = (await docker.info()) as { SecurityOptions?: string[] | null };
  return rootOnHost(options ?? []);
}

/**
 * Returns false for root itself, and for a user that is, or may be, Slipway's own, because this user owns Slipway's
 * keys.
 */
export async function isRootApart(docker: Docker): Promise<boolean> {
  const root = await readRootOnHost(docker);
  if (root !== 'engine_user') return root === 'mapped';
  const { socketPath } = docker.modem as { socketPath?: string };
  // A socket belongs to its engine's user.
  return socketPath !== undefined && (await stat(socketPath)).uid !== process.getuid?.();
}
