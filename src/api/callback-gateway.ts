// Reads the callbacks of a deployment from Temporal.
import type { Client } from '@temporalio/client';
import type { Delivery } from '../contract/callbacks.js';
import { deliveriesQuery } from '../contract/messages.js';
import { callbacksWorkflowId, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import type { TemporalCalls } from './temporal-calls.js';

export function createCallbackGateway({ workflow }: Pick<Client, 'workflow'>, { describe, query }: TemporalCalls) {
  return {
    /**
     * Returns the deliveries in order, or an empty list for a deployment without a callback URL. If no worker answers,
     * returns the last known state.
     */
    async readDeliveries(deploymentId: string): Promise<Delivery[]> {
      const id = callbacksWorkflowId(deploymentId);
      const deliveries = await query(() => workflow.getHandle(id).query(deliveriesQuery));
      if (deliveries) return deliveries;
      const info = await describe(id, WORKFLOWS.callbacks);
      return (info?.memo?.[VIEW_MEMO] as Delivery[] | undefined) ?? [];
    },
  };
}
