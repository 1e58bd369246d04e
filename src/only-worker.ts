// Ensures that only one worker uses a data folder. Two workers would poll the same queue, and watch, copy and clean up
// the same apps.
import type { ToolsPort } from './activities/ports/tools.js';
import { SlipwayError } from './contract/errors.js';
import type { Layout } from './contract/layout.js';

/**
 * Longer than the time that supervisors allow between SIGTERM and SIGKILL, because a new worker waits for the old
 * worker to end.
 */
const WAIT_MS = 20_000;

export interface OnlyWorkerOptions {
  tools: Pick<ToolsPort, 'withLock' | 'ifFree'>;
  layout: Pick<Layout, 'root' | 'workerLock'>;
  /** Stops the wait; `work` then doesn't run. */
  stop?: Promise<void>;
  /** Called before waiting for another worker. */
  onWait?: (waitMs: number) => void;
  waitMs?: number;
}

/**
 * Runs `work` while no other worker runs in the data folder. Throws if another worker doesn't end in time. The claim is
 * a kernel lock: the kernel releases it when its process ends for any reason, and it applies to every container with
 * this folder.
 */
export async function asOnlyWorker(options: OnlyWorkerOptions, work: () => Promise<void>): Promise<void> {
  const { tools, layout, onWait, waitMs = WAIT_MS } = options;
  const isDone = await tools.ifFree(layout.workerLock, async () => {
    await work();
    return true;
  });
  if (isDone) return;
  onWait?.(waitMs);
  await afterTheOther({ ...options, waitMs }, work);
}

async function afterTheOther(
  { tools, layout, stop, waitMs }: OnlyWorkerOptions & { waitMs: number },
  work: () => Promise<void>,
): Promise<void> {
  const stopped = new AbortController();
  void stop?.then(() => {
    stopped.abort();
  });
  const patience = new AbortController();
  const timer = setTimeout(() => {
    patience.abort();
  }, waitMs);
  try {
    await tools.withLock(
      layout.workerLock,
      () => {
        clearTimeout(timer);
        return work();
      },
      AbortSignal.any([stopped.signal, patience.signal]),
    );
  } catch (error) {
    if (error === stopped.signal.reason) return;
    if (error !== patience.signal.reason) throw error;
    throw new SlipwayError('start_failed', {
      text: 'start_failed.second_worker',
      params: { folder: layout.root, seconds: Math.ceil(waitMs / 1000) },
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
