// Copies the output of containers from the engine into the logs of their instances.
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import pTimeout from 'p-timeout';
import type Docker from 'dockerode';
import { instanceLog, type Layout } from '../../../contract/layout.js';
import { readLastLines, type AppLine } from '../instance-log.js';
import { createRotatingLog } from '../rotating-log.js';
import { isUp, recordOf, secretValues } from './container-facts.js';
import type { ContainerLookup } from './container-lookup.js';
import { repeatsOf } from './container-repeats.js';
import { LogFrames, type Masking } from './log-frames.js';

const LOG_BYTES = 10 * 1024 * 1024;
export const LOG_FILES = 5;
/** The time limit for the last lines after a container's end. */
const LAST_LINES_MS = 3000;
/** The wait before an interrupted copy starts again. */
const COPY_AGAIN_MS = 1000;
/**
 * The number of last lines to compare when a copy continues: more than the engine's two streams can get out of order.
 */
const COMPARED_LINES = 200;

interface OutputDeps {
  docker: Docker;
  lookup: ContainerLookup;
  layout: Layout;
  masking: (values: string[]) => Masking;
  log: { warn(facts: object, message: string): void };
}

export interface ContainerOutput {
  /** Copies from the position that an earlier worker reached. Called once for each container. */
  copy: (info: Docker.ContainerInspectInfo) => void;
  /** Resolves when all output of an ended container is copied. */
  lastLines: (instanceId: string) => Promise<void>;
}

export function createContainerOutput({ docker, lookup, layout, masking, log }: OutputDeps): ContainerOutput {
  /** The instances whose output is being copied, with the end of the copy. */
  const copying = new Map<string, Promise<void>>();

  return {
    copy(info) {
      const { instanceId } = recordOf(info);
      if (copying.has(instanceId)) return;
      const copy = copyWhileUp(info).finally(() => copying.delete(instanceId));
      copying.set(instanceId, copy);
    },

    async lastLines(instanceId) {
      const copy = copying.get(instanceId);
      if (!copy || isUp(await lookup.inspect(instanceId).catch(() => undefined))) return;
      await pTimeout(copy, { milliseconds: LAST_LINES_MS, message: false });
    },
  };

  /**
   * Copies the output while the container runs. A copy may be interrupted, by a full disk or a cut connection, and then
   * starts again.
   */
  async function copyWhileUp(info: Docker.ContainerInspectInfo): Promise<void> {
    const { instanceId, service } = recordOf(info);
    do {
      await copyAll(info, instanceLog(layout, service, instanceId)).catch((error: unknown) => {
        log.warn({ instanceId, err: error }, 'the output of a container could not be copied');
      });
    } while (await isUpLater(instanceId));
  }

  /** Returns false immediately for an ended container, so that a wait for its last lines ends. */
  async function isUpLater(instanceId: string): Promise<boolean> {
    for (;;) {
      const up = await lookup.inspect(instanceId).then(isUp, () => 'unknown' as const);
      if (up === false) return false;
      await delay(COPY_AGAIN_MS);
      if (up === true) return true;
    }
  }

  async function copyAll(info: Docker.ContainerInspectInfo, path: string): Promise<void> {
    const file = createRotatingLog(path, LOG_BYTES, LOG_FILES);
    const frames = new LogFrames(masking(secretValues(info)));
    const repeats = repeatsOf(await readLastLines(path, LOG_FILES, COMPARED_LINES));
    const output = (await docker.getContainer(info.Id).logs({
      follow: true,
      stdout: true,
      stderr: true,
      timestamps: true,
      ...(repeats.since !== undefined && { since: secondsOf(repeats.since) }),
    })) as unknown as Readable;
    const write = async (lines: AppLine[]): Promise<void> => {
      const fresh = repeats.without(lines);
      if (fresh.length > 0) await file.write(fresh);
    };
    for await (const chunk of output) await write(frames.push(chunk as Buffer));
    await write(frames.end());
  }
}

/** Returns seconds as text. The types require a number, which would lose the fraction. */
const secondsOf = (ts: string): number => (Date.parse(ts) / 1000).toFixed(3) as unknown as number;
