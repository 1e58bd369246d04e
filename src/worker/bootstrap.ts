// Creates what the worker needs before it can work: search attributes, and the workflows that never end.
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { configureGateSignal } from '../contract/messages.js';
import {
  DECISION_TIMEOUT,
  GATE_ID,
  hostWorkflowId,
  REGISTRY_ID,
  SEARCH_ATTRIBUTES,
  TASK_QUEUE,
  WORKFLOWS,
} from '../contract/names.js';
import { passed } from '../waiting.js';

const { INDEXED_VALUE_TYPE_KEYWORD } = proto.temporal.api.enums.v1.IndexedValueType;
/** gRPC status codes. */
const INVALID_ARGUMENT = 3;
const ALREADY_EXISTS = 6;
/**
 * The time until other servers can use the attributes: their caches are some seconds old. After this time, the server
 * itself retries workflows that set them.
 */
const USABLE_WITHIN_MS = 30_000;
/** The time between two checks. Without a gate, nothing can be admitted for this long. */
const LOOK_EVERY_MS = 10_000;

/** Registers the missing search attributes. Other attributes of a shared namespace are not changed. */
export async function registerSearchAttributes(client: Client, namespace: string): Promise<void> {
  const { operatorService } = client.connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD]));
  try {
    await operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error; // another worker was faster
  }
  await untilUsable(client, namespace);
}

/**
 * Waits until the attributes are usable, which takes seconds on any server but the embedded one. Until then, a workflow
 * that sets them fails its task.
 */
async function untilUsable({ workflowService }: Client, namespace: string): Promise<void> {
  const query = Object.values(SEARCH_ATTRIBUTES)
    .map((name) => `${name} = 'none'`)
    .join(' OR ');
  const deadline = Date.now() + USABLE_WITHIN_MS;
  while (Date.now() < deadline) {
    try {
      await workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if ((error as { code?: number }).code !== INVALID_ARGUMENT) throw error;
      await delay(100);
    }
  }
}

export interface Bootstrap {
  hostId: string;
  limit: number;
}

/** Starts the gate, the registry and this host's workflow if they aren't running, and sends the limit to the gate. */
export async function startEntities(client: Client, bootstrap: Bootstrap): Promise<void> {
  await startWorkflows(client, bootstrap);
  await client.workflow.getHandle(GATE_ID).signal(configureGateSignal, { limit: bootstrap.limit });
}

/**
 * Starts the gate and the registry again if one was terminated, or if its history can't be replayed. The new one reads
 * its state from the other workflows.
 */
export async function keepEntitiesStarted(
  client: Client,
  bootstrap: Bootstrap & { endUnreplayable: (workflowId: string) => Promise<void>; lookEveryMs?: number },
  log: { warn(facts: object, message: string): void },
  stopping: AbortSignal,
): Promise<void> {
  while (await passed(bootstrap.lookEveryMs ?? LOOK_EVERY_MS, stopping)) {
    for (const id of [GATE_ID, REGISTRY_ID]) {
      await bootstrap.endUnreplayable(id).catch((error: unknown) => {
        log.warn({ workflow: id, err: error }, 'whether its history can be replayed could not be seen');
      });
    }
    try {
      await startWorkflows(client, bootstrap);
    } catch (error) {
      log.warn({ err: error }, 'whether gate and registry run could not be seen');
    }
  }
}

async function startWorkflows({ workflow }: Client, { hostId, limit }: Bootstrap): Promise<void> {
  const forEver = {
    taskQueue: TASK_QUEUE,
    workflowTaskTimeout: DECISION_TIMEOUT,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  };
  await workflow.start(WORKFLOWS.gate, {
    ...forEver,
    workflowId: GATE_ID,
    args: [{ limit }],
    staticSummary: 'Who may run: slots, queue, counters',
  });
  await workflow.start(WORKFLOWS.registry, {
    ...forEver,
    workflowId: REGISTRY_ID,
    args: [{}],
    staticSummary: 'One row per service',
  });
  await workflow.start(WORKFLOWS.host, {
    ...forEver,
    workflowId: hostWorkflowId(hostId),
    args: [{ hostId }],
    staticSummary: `Host ${hostId}: what it can do, and its beat`,
  });
}
