// Temporal's own command line, as an operator would use it beside Slipway.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readConfig } from '../../src/config.js';
import { findTemporalCli } from '../../src/programs.js';
import { layout } from '../../src/contract/layout.js';
import { FOREIGN_TEMPORAL } from './foreign-temporal.js';
import type { Slipway } from './slipway.js';

export async function temporal(slipway: Slipway, ...args: string[]): Promise<string> {
  const program = await findTemporalCli(readConfig({ ...process.env, SLIPWAY_PORT: undefined }));
  if (program === undefined) throw new Error('the temporal program is not there: run `npm test`, which gets it');
  const profile = { TEMPORAL_CONFIG_FILE: layout(slipway.dataDir).temporalProfile };
  const where = ['--address', slipway.ready.temporal_address, '--namespace', slipway.namespace];
  const env = { ...process.env, ...(FOREIGN_TEMPORAL === undefined && profile) };
  const { stdout } = await promisify(execFile)(program, [...args, ...where], { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** The result of a query, as data. */
export async function query<T>(slipway: Slipway, id: string, type: string): Promise<T> {
  const out = await temporal(slipway, 'workflow', 'query', '--workflow-id', id, '--type', type, '-o', 'json');
  const { queryResult } = JSON.parse(out) as { queryResult: [T] };
  return queryResult[0];
}

/** Starts a deployment without Slipway's API. */
export async function startByHand(slipway: Slipway, id: string, input: unknown): Promise<void> {
  await temporal(
    slipway,
    'workflow',
    'start',
    '--type',
    'deployment',
    '--task-queue',
    'slipway',
    '--workflow-id',
    id,
    '--input',
    JSON.stringify(input),
  );
}

/** `COMPLETED`, `FAILED`, `CANCELED`, … */
export async function closeStatus(slipway: Slipway, id: string): Promise<string> {
  const out = await temporal(slipway, 'workflow', 'describe', '--workflow-id', id, '-o', 'json');
  const { workflowExecutionInfo } = JSON.parse(out) as { workflowExecutionInfo: { status: string } };
  return workflowExecutionInfo.status.replace('WORKFLOW_EXECUTION_STATUS_', '');
}

/** How long each workflow's tasks may take, by type. */
export async function decisionTimeouts(slipway: Slipway): Promise<Record<string, string[]>> {
  const listed = JSON.parse(await temporal(slipway, 'workflow', 'list', '-o', 'json')) as Listed[];
  const found: Record<string, string[]> = {};
  for (const { execution, type } of listed) {
    const out = await temporal(slipway, 'workflow', 'describe', '--workflow-id', execution.workflowId, '-o', 'json');
    const { executionConfig } = JSON.parse(out) as { executionConfig: { defaultWorkflowTaskTimeout: string } };
    (found[type.name] ??= []).push(executionConfig.defaultWorkflowTaskTimeout);
  }
  return found;
}

interface Listed {
  execution: { workflowId: string };
  type: { name: string };
}
