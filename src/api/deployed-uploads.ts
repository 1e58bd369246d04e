// Removes uploads that were deployed: from then on the service's own release is what is kept.
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { uploadFile, uploadRecord, usedUpload, type Layout } from '../contract/layout.js';
import { isEnded, type DeploymentStatus } from '../contract/states.js';
import { ifThere } from '../files.js';

/** Between two looks. */
const LOOK_EVERY_MS = 60_000;
/** Uploads judged in one look: each costs a call of Temporal for every deployment of it. */
const JUDGED_AT_ONCE = 20;
/** Other items of the same batch may be waiting for their turn. */
const GRACE_MS = 60 * 60 * 1000;

export function createDeployedUploads(
  at: Layout,
  statusOf: (deploymentId: string) => Promise<DeploymentStatus | undefined>,
) {
  let lookAt = 0;
  /** Where the next look goes on: those that stay must not keep the others from being judged. */
  let next = 0;

  /** Some of them, when it is time to look again. What can't be judged now stays until its day is over. */
  async function removeSome(): Promise<void> {
    if (Date.now() < lookAt) return;
    lookAt = Date.now() + LOOK_EVERY_MS;
    const uses = await usesOf(at);
    const all = [...uses];
    const from = next < all.length ? next : 0;
    next = from + JUDGED_AT_ONCE;
    for (const [uploadId, files] of all.slice(from, next)) {
      if (await isDone(files)) await removeUpload(at, uploadId, files);
    }
  }

  /** All its deployments ended long ago, and one of them completed. One that failed may be tried again by its client. */
  async function isDone(files: readonly string[]): Promise<boolean> {
    let isDeployed = false;
    for (const file of files) {
      const changed = (await ifThere(stat(file)))?.mtimeMs ?? Infinity;
      if (Date.now() - changed < GRACE_MS) return false;
      const id = await ifThere(readFile(file, 'utf8'));
      const status = id === undefined ? undefined : await statusOf(id).catch(() => 'unknown' as const);
      if (status === 'unknown' || (status !== undefined && !isEnded(status))) return false;
      isDeployed ||= status === 'completed';
    }
    return isDeployed;
  }

  return { removeSome };
}

/** By the upload: the files that the worker writes, one for each deployment that was prepared from it. */
async function usesOf(at: Layout): Promise<Map<string, string[]>> {
  const uses = new Map<string, string[]>();
  for (const name of await readdir(at.uploads)) {
    const uploadId = usedUpload(name);
    if (uploadId !== undefined) uses.set(uploadId, [...(uses.get(uploadId) ?? []), join(at.uploads, name)]);
  }
  return uses;
}

/** Its record first: what has none can't be deployed any more. */
async function removeUpload(at: Layout, uploadId: string, uses: readonly string[]): Promise<void> {
  for (const file of [uploadRecord(at, uploadId), uploadFile(at, uploadId), ...uses]) await rm(file, { force: true });
}
