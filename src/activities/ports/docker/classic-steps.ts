// Removes the images without a name that the classic builder leaves for each step of a failed build.
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { CONFLICT, statusOf, unlessUnknown } from './engine-answers.js';

const MADE = /^ ---> ([0-9a-f]{12})$/;
/** The engine takes a moment to remove the container of an interrupted step. */
const TRY_AGAIN_MS = 200;
const MOST_TRIES = 15;

/** Returns the image of the last step. The earlier ones are its parents, which are removed with it. */
export const lastStepImage = (lines: readonly string[]): string | undefined =>
  lines.map((line) => MADE.exec(line)?.[1]).findLast((id) => id !== undefined);

/**
 * Removes the images of steps. An image with a name is the base or belongs to another build, so it stays. An image with
 * other images on it stays, too.
 */
export async function removeStepImages(docker: Docker, last: string): Promise<void> {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const image = await unlessUnknown(docker.getImage(last).inspect());
    if (!image || image.RepoTags.length + image.RepoDigests.length > 0) return;
    try {
      await docker.getImage(last).remove({ noprune: false });
      return;
    } catch (error) {
      if (statusOf(error) !== CONFLICT) throw error;
      await delay(TRY_AGAIN_MS);
    }
  }
}
