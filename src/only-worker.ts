// One worker in a data folder: two would poll the same host's queue, and watch, copy and clean the same apps.
import type { ToolsPort } from './activities/ports/tools.js';
import { SlipwayError } from './contract/errors.js';
import type { Layout } from './contract/layout.js';

/** Longer than any supervisor gives a worker between SIGTERM and SIGKILL: a restart waits for the one before. */
const WAIT_MS = 20_000;

export interface OnlyWorkerOptions {
  tools: Pick<ToolsPort, 'withLock' | 'ifFree'>;
  layout: Pick<Layout, 'root' | 'workerLock'>;
  /** Ends the waiting; nothing is done then. */
  stop?: Promise<void>;
  /** Called when another worker is there, before it is waited for. */
  onWait?: (waitMs: number) => void;
  waitMs?: number;
}

/**
 * Runs `work` while no other worker runs in the data folder, or throws what keeps it from that. The claim is a lock of the
 * kernel: it goes with its process, however that ends, and counts in every container that has the folder.
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
