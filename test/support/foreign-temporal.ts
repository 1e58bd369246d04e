// End-to-end tests on a Temporal server that is not Slipway's own: `npm run test:postgres` sets TEMPORAL_ADDRESS.
import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { eventually } from './eventually.js';

export const FOREIGN_TEMPORAL = process.env['TEMPORAL_ADDRESS'] || undefined;

/** Why a test of the server that `npm start` runs itself can't run here; undefined when it can. */
export const embeddedMissing =
  FOREIGN_TEMPORAL === undefined
    ? undefined
    : 'they kill or look into the server that npm start runs, and TEMPORAL_ADDRESS is set';

/** A Slipway alone in its namespace, as on a server of its own. Resolves when the namespace can be used. */
export async function createNamespace(address: string): Promise<string> {
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    const workflowExecutionRetentionPeriod = { seconds: 24 * 60 * 60 };
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod,
    } as never);
    await eventually(() => connection.workflowService.listWorkflowExecutions({ namespace }), { timeoutMs: 30_000 });
  } finally {
    await connection.close();
  }
  return namespace;
}
