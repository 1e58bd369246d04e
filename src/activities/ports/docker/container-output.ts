// What containers print, copied from the engine into the logs of their instances.
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { instanceLog, type Layout } from '../../../contract/layout.js';
import { readLastLines } from '../instance-log.js';
import { createRotatingLog } from '../rotating-log.js';
import { isUp, recordOf, secretValues } from './container-facts.js';
import type { ContainerLookup } from './container-lookup.js';
import { LogFrames, type Masking } from './log-frames.js';

const LOG_BYTES = 10 * 1024 * 1024;
export const LOG_FILES = 5;
/** After a container's end, for its last lines to be copied. */
const LAST_LINES_MS = 3000;

interface OutputDeps {
  docker: Docker;
  lookup: ContainerLookup;
  layout: Layout;
  masking: (values: string[]) => Masking;
  log: { warn(facts: object, message: string): void };
}

export interface ContainerOutput {
  /** From where an earlier worker had got to. Once for each container. */
  copy: (info: Docker.ContainerInspectInfo) => void;
  /** Resolves when all that an ended container printed is copied. */
  lastLines: (instanceId: string) => Promise<void>;
}

export function createContainerOutput({ docker, lookup, layout, masking, log }: OutputDeps): ContainerOutput {
  /** Instances whose output is being copied, each with its end. */
  const copying = new Map<string, Promise<void>>();

  return {
    copy(info) {
      const { instanceId, service } = recordOf(info);
      if (copying.has(instanceId)) return;
      const copy = copyAll(info, instanceLog(layout, service, instanceId))
        .catch((error: unknown) => {
          log.warn({ instanceId, err: error }, 'the output of a container could not be copied');
        })
        .finally(() => copying.delete(instanceId));
      copying.set(instanceId, copy);
    },

    async lastLines(instanceId) {
      const copy = copying.get(instanceId);
      if (!copy || isUp(await lookup.inspect(instanceId).catch(() => undefined))) return;
      const done = new AbortController();
      await Promise.race([copy, delay(LAST_LINES_MS, undefined, { signal: done.signal }).catch(() => undefined)]);
      done.abort();
    },
  };

  async function copyAll(info: Docker.ContainerInspectInfo, path: string): Promise<void> {
    const file = createRotatingLog(path, LOG_BYTES, LOG_FILES);
    const frames = new LogFrames(masking(secretValues(info)));
    let last = (await readLastLines(path, LOG_FILES, 1))[0]?.ts ?? '';
    const output = (await docker.getContainer(info.Id).logs({
      follow: true,
      stdout: true,
      stderr: true,
      timestamps: true,
      ...(last !== '' && { since: (Date.parse(last) / 1000).toFixed(3) as unknown as number }),
    })) as unknown as Readable;
    const write = async (lines: ReturnType<LogFrames['push']>): Promise<void> => {
      const fresh = lines.filter(({ ts }) => ts > last);
      if (fresh.length > 0) await file.write(fresh);
      last = fresh.at(-1)?.ts ?? last;
    };
    for await (const chunk of output) await write(frames.push(chunk as Buffer));
    await write(frames.end());
  }
}
