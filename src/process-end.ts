// How workers ended, written down by what started them: so that the next worker can tell a crash from a kill.
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

/** To be called by a supervisor when its worker's process ended. Without one, deaths are counted more leniently. */
export async function recordWorkerEnd(layout: Pick<Layout, 'workerEnds'>, end: WorkerEnd): Promise<void> {
  await mkdir(layout.workerEnds, { recursive: true, mode: 0o700 });
  await replaceFile(endFile(layout, end.pid), JSON.stringify(end));
}

/** Undefined when nobody wrote down how the process of that number ended at or after `since` (epoch ms). */
export async function readWorkerEnd(
  layout: Pick<Layout, 'workerEnds'>,
  pid: number,
  since: number,
): Promise<WorkerEnd | undefined> {
  const text = await ifThere(readFile(endFile(layout, pid), 'utf8'));
  const end = text === undefined ? undefined : (JSON.parse(text) as WorkerEnd); // written above alone
  return end && end.at >= since ? end : undefined;
}

const endFile = ({ workerEnds }: Pick<Layout, 'workerEnds'>, pid: number): string => `${workerEnds}/${pid}.json`;
