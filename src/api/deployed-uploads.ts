// Removes uploads that were deployed. The service keeps the release, so the upload is no longer needed.
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { uploadFile, uploadRecord, usedUpload, type Layout } from '../contract/layout.js';
import { isEnded, type DeploymentStatus } from '../contract/states.js';
import { ifThere } from '../files.js';

/** The minimum time between two checks. */
const LOOK_EVERY_MS = 60_000;
/** The maximum number of uploads per check. Each upload costs one Temporal call for each of its deployments. */
const JUDGED_AT_ONCE = 20;
/** The minimum age of a use, because other items of the same batch may still be waiting. */
const GRACE_MS = 60 * 60 * 1000;

export function createDeployedUploads(
  at: Layout,
  statusOf: (deploymentId: string) => Promise<DeploymentStatus | undefined>,
) {
  let lookAt = 0;
  /** The position at which the next check continues, so that uploads that stay don't block the check of others. */
  let next = 0;

  /**
   * Checks some uploads if the last check is old enough, and removes uploads that were deployed. Uploads that can't be
   * checked stay until they expire.
   */
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

  /**
   * Returns true if all deployments of an upload ended long ago and at least one completed. After a failed deployment,
   * the client may deploy the upload again.
   */
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

/**
 * Returns the use files of each upload, by upload id. The worker writes one file for each deployment that it prepares
 * from an upload.
 */
async function usesOf(at: Layout): Promise<Map<string, string[]>> {
  const uses = new Map<string, string[]>();
  for (const name of await readdir(at.uploads)) {
    const uploadId = usedUpload(name);
    if (uploadId !== undefined) uses.set(uploadId, [...(uses.get(uploadId) ?? []), join(at.uploads, name)]);
  }
  return uses;
}

/** Removes an upload. The metadata goes first, because an upload without metadata can't be deployed. */
async function removeUpload(at: Layout, uploadId: string, uses: readonly string[]): Promise<void> {
  for (const file of [uploadRecord(at, uploadId), uploadFile(at, uploadId), ...uses]) await rm(file, { force: true });
}
