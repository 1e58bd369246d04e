// Who root in a container is on the host, and whether that is somebody who owns nothing there.
import { stat } from 'node:fs/promises';
import type Docker from 'dockerode';
import { rootOnHost, type RootOnHost } from '../../../contract/engine-root.js';

/** Rejects when the engine does not answer. */
export async function readRootOnHost(docker: Docker): Promise<RootOnHost> {
  const { SecurityOptions: options } = (await docker.info()) as { SecurityOptions?: string[] | null };
  return rootOnHost(options ?? []);
}

/** False for root's own number, and for a user that is, or may be, the one that Slipway runs as: its keys are that user's. */
export async function isRootApart(docker: Docker): Promise<boolean> {
  const root = await readRootOnHost(docker);
  if (root !== 'engine_user') return root === 'mapped';
  const { socketPath } = docker.modem as { socketPath?: string };
  return socketPath !== undefined && (await stat(socketPath)).uid !== process.getuid?.(); // a socket is its engine's user's
}
