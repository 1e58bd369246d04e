// How long a status takes, beside what Temporal itself takes to tell it.
import { viewQuery } from '../../src/contract/messages.js';
import { inTurn, ratioOf, timed, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

const READS = { count: 300, warmUps: 30, pauseMs: 2 };

export const reads: Measurement[] = [
  { name: 'status_ended', unit: 'x', limit: 1.5, slots: 1, take: statusEnded }, // first: the other one holds the slot
  { name: 'status_running', unit: 'x', limit: 1.3, slots: 1, take: statusRunning },
];

async function statusRunning(stage: Stage): Promise<Taken> {
  const id = await stage.longDeployment();
  const handle = stage.client.workflow.getHandle(id);
  return beside(stage, id, () => handle.query(viewQuery), 'a bare query');
}

async function statusEnded(stage: Stage): Promise<Taken> {
  const { id } = await deployToEnd(stage, stage.slipway.app('answers-200'));
  const handle = stage.client.workflow.getHandle(id);
  return beside(stage, id, () => handle.describe(), 'a bare describe');
}

async function beside({ api }: Stage, id: string, bare: () => Promise<unknown>, what: string): Promise<Taken> {
  const path = `/api/deployments/${id}`;
  return ratioOf(await inTurn({ ours: () => timed(() => api.get(path)), other: () => timed(bare) }, READS), what);
}
