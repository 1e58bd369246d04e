// What the classic builder leaves of a build that comes to nothing: an image without a name for each step.
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { CONFLICT, statusOf, unlessUnknown } from './engine-answers.js';

const MADE = /^ ---> ([0-9a-f]{12})$/;
/** The engine takes a moment to remove the container of a step that was broken off. */
const TRY_AGAIN_MS = 200;
const MOST_TRIES = 15;

/** Of the step that came last: the earlier ones are its parents, which go with it. */
export const lastStepImage = (lines: readonly string[]): string | undefined =>
  lines.map((line) => MADE.exec(line)?.[1]).findLast((id) => id !== undefined);

/** One that has a name is the base, or another build's: it stays, as does one that others stand on. */
export async function removeStepImages(docker: Docker, last: string): Promise<void> {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const found = await unlessUnknown(docker.getImage(last).inspect());
    if (!found || found.RepoTags.length + found.RepoDigests.length > 0) return;
    try {
      await docker.getImage(last).remove({ noprune: false });
      return;
    } catch (error) {
      if (statusOf(error) !== CONFLICT) throw error;
      await delay(TRY_AGAIN_MS);
    }
  }
}
