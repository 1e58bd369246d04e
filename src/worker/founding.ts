// What must stand before work can begin: search attributes, and the workflows that live for ever.
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
import { passed } from './passed.js';

const { INDEXED_VALUE_TYPE_KEYWORD } = proto.temporal.api.enums.v1.IndexedValueType;
/** gRPC status codes. */
const INVALID_ARGUMENT = 3;
const ALREADY_EXISTS = 6;
/** Its caches are some seconds old; then workflows that set them are tried again by the server itself. */
const USABLE_WITHIN_MS = 30_000;
/** For as long nothing can be admitted when the gate is gone. */
const LOOK_EVERY_MS = 10_000;

/** Harmless when they stand already; other attributes of a shared namespace are left alone. */
export async function registerSearchAttributes(client: Client, namespace: string): Promise<void> {
  const { operatorService } = client.connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD]));
  try {
    await operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error; // another worker was quicker
  }
  await untilUsable(client, namespace);
}

/** Any server but the embedded one takes seconds to know them: until then a workflow that sets them fails its task. */
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

export interface Founding {
  hostId: string;
  limit: number;
}

/** Starts the gate, the registry and this host's beat where they don't run yet; the gate is told its limit. */
export async function foundEntities(client: Client, founding: Founding): Promise<void> {
  await found(client, founding);
  await client.workflow.getHandle(GATE_ID).signal(configureGateSignal, { limit: founding.limit });
}

/** One that was terminated, or whose history can't be replayed, stands again soon, and reads its past off the others. */
export async function keepFounded(
  client: Client,
  founding: Founding & { endUnreplayable: (workflowId: string) => Promise<void>; lookEveryMs?: number },
  log: { warn(facts: object, message: string): void },
  stopping: AbortSignal,
): Promise<void> {
  while (await passed(founding.lookEveryMs ?? LOOK_EVERY_MS, stopping)) {
    for (const id of [GATE_ID, REGISTRY_ID]) {
      await founding.endUnreplayable(id).catch((error: unknown) => {
        log.warn({ workflow: id, err: error }, 'whether its history can be replayed could not be seen');
      });
    }
    try {
      await found(client, founding);
    } catch (error) {
      log.warn({ err: error }, 'whether gate and registry run could not be seen');
    }
  }
}

async function found({ workflow }: Client, { hostId, limit }: Founding): Promise<void> {
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
