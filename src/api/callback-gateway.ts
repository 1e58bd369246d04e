// What the API asks of the callbacks of a deployment.
import type { Client } from '@temporalio/client';
import type { Delivery } from '../contract/callbacks.js';
import { deliveriesQuery } from '../contract/messages.js';
import { callbacksWorkflowId, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import type { TemporalCalls } from './temporal-calls.js';

export function createCallbackGateway({ workflow }: Pick<Client, 'workflow'>, { describe, query }: TemporalCalls) {
  return {
    /** In order; none for a deployment that has no callback URL. While no worker answers, as they last told. */
    async readDeliveries(deploymentId: string): Promise<Delivery[]> {
      const id = callbacksWorkflowId(deploymentId);
      const told = await query(() => workflow.getHandle(id).query(deliveriesQuery));
      if (told) return told;
      const info = await describe(id, WORKFLOWS.callbacks);
      return (info?.memo?.[VIEW_MEMO] as Delivery[] | undefined) ?? [];
    },
  };
}
