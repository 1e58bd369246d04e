// Records how workers ended, so that the next worker can distinguish a crash from a kill.
import { mkdir, readFile } from 'node:fs/promises';
import type { Layout } from './contract/layout.js';
import { ifThere, replaceFile } from './files.js';

export interface WorkerEnd {
  pid: number;
  code: number | null;
  signal: string | null;
  /** Epoch ms. */
  at: number;
}

/** Records the end of a worker. Supervisors call this function. Without a record, deaths are counted more leniently. */
export async function recordWorkerEnd(layout: Pick<Layout, 'workerEnds'>, end: WorkerEnd): Promise<void> {
  await mkdir(layout.workerEnds, { recursive: true, mode: 0o700 });
  await replaceFile(endFile(layout, end.pid), JSON.stringify(end));
}

/** Returns how the process with this pid ended at or after `since` (epoch ms), or undefined without a record. */
export async function readWorkerEnd(
  layout: Pick<Layout, 'workerEnds'>,
  pid: number,
  since: number,
): Promise<WorkerEnd | undefined> {
  const text = await ifThere(readFile(endFile(layout, pid), 'utf8'));
  // Only `recordWorkerEnd` writes this file.
  const end = text === undefined ? undefined : (JSON.parse(text) as WorkerEnd);
  return end && end.at >= since ? end : undefined;
}

const endFile = ({ workerEnds }: Pick<Layout, 'workerEnds'>, pid: number): string => `${workerEnds}/${pid}.json`;
