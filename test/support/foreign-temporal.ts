// End-to-end tests on a Temporal server that is not Slipway's own: `npm run test:postgres` sets TEMPORAL_ADDRESS.
import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import type { TestContext } from 'vitest';
import { eventually } from './eventually.js';

export const FOREIGN_TEMPORAL = process.env['TEMPORAL_ADDRESS'] || undefined;

/** For a test of the server that `npm start` runs itself: elsewhere it is skipped, and says why. */
export function needsEmbeddedTemporal({ skip }: TestContext): void {
  skip(
    FOREIGN_TEMPORAL !== undefined,
    'it kills or looks into the server that npm start runs: TEMPORAL_ADDRESS is set',
  );
}

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
