// The API's access to Temporal: admissions, reads and cancellations. Stores nothing permanently, and makes no decisions
// about deployments.
import { setTimeout as delay } from 'node:timers/promises';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { SlipwayError, errorRecord } from '../contract/errors.js';
import {
  admitUpdate,
  cancelSignal,
  CLOCK_REFUSAL,
  clockUpdate,
  loadQuery,
  usedKeyQuery,
  viewQuery,
  type AdmitAnswer,
  type AdmitInput,
  type GateLoad,
  type ShownTime,
} from '../contract/messages.js';
import { GATE_ID, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import { isEnded, type EndedStatus } from '../contract/states.js';
import { estimatedSeconds, type DeploymentState } from '../contract/views.js';
import { createBatchGateway } from './batch-gateway.js';
import { createCallbackGateway } from './callback-gateway.js';
import { pageOf, whereOf, type ListFilter, type Rows } from './listing.js';
import { RecentMap } from './recent-map.js';
import { createServiceGateway } from './service-gateway.js';
import {
  createCalls,
  isUnreachable,
  QUERY_MS,
  READ_MS,
  type TemporalCalls,
  type MaybeStale,
} from './temporal-calls.js';
import { createTemporalClock } from './temporal-clock.js';
import { createUpdates, FIRST_RETRY_MS } from './updates.js';

/** The maximum number of ended deployments in the cache, about 4 KB each. */
const MOST_REMEMBERED = 500;

export type Idempotency = NonNullable<AdmitInput['idempotency']>;
export type Gateway = ReturnType<typeof createGateway>;

export function createGateway(client: Client, namespace: string) {
  const { workflow, connection } = client;
  const calls = createCalls(client);
  const { describe, query, reach } = calls;
  const clock = createTemporalClock(() => readClock(client, calls));
  const update = createUpdates(client, clock);
  /** Caches ended deployments, because their state never changes. */
  const ended = new RecentMap<DeploymentState>(MOST_REMEMBERED);

  const describeDeployment = (id: string) => describe(id, WORKFLOWS.deployment);

  /**
   * Reads a deployment. A running deployment costs one query. The queue position of a queued deployment comes from the
   * gate.
   */
  async function readDeployment(id: string): Promise<MaybeStale<DeploymentState> | undefined> {
    const deployment = await readState(id);
    if (!deployment || deployment.stale || deployment.value.status !== 'queued') return deployment;
    return { ...deployment, value: placed(deployment.value, await readLoad()) };
  }

  async function readState(id: string): Promise<MaybeStale<DeploymentState> | undefined> {
    const past = ended.get(id);
    if (past) return { value: past, stale: false };
    const answer = await query(() => workflow.getHandle(id).query(viewQuery));
    // A foreign workflow may answer with something else.
    if (answer?.deploymentId === id) return { value: answer, stale: false };
    const info = (await describeDeployment(id)) ?? (await appearing(id));
    const state = info && stateOf(info);
    if (!state) return undefined;
    if (!isEnded(state.status)) return { value: state, stale: true };
    ended.set(id, state);
    return { value: state, stale: false };
  }

  /** Waits for a deployment that the gate has admitted. The admission returns before the workflow can be read. */
  async function appearing(id: string): Promise<WorkflowExecutionDescription | undefined> {
    for (let waitMs = FIRST_RETRY_MS; waitMs < QUERY_MS; waitMs *= 2) {
      const load = await readLoad();
      if (load === undefined || ![...load.active, ...load.queued].includes(id)) return describeDeployment(id);
      await delay(waitMs);
      const info = await describeDeployment(id);
      if (info) return info;
    }
    return undefined;
  }

  async function readLoad(): Promise<GateLoad | undefined> {
    return query(() => workflow.getHandle(GATE_ID).query(loadQuery));
  }

  /**
   * Returns the earlier answer for an idempotency key and body. Throws `temporal_unavailable` if the gate doesn't
   * answer, because the call must not count as new.
   */
  async function answerBefore({ hash, bodyMac }: Idempotency): Promise<AdmitAnswer | undefined> {
    const kept = await query(
      async () => workflow.getHandle(GATE_ID).query(usedKeyQuery, hash, await clock.now()),
      READ_MS,
    );
    if (kept === undefined) throw new SlipwayError('temporal_unavailable');
    if (kept === null) return undefined;
    if (kept.bodyMac !== bodyMac) throw new SlipwayError('idempotency_key_reused');
    return kept.answer;
  }

  async function admit(input: Omit<AdmitInput, 'answerBy'>): Promise<AdmitAnswer> {
    const answer = await update({
      send: (answerBy) => workflow.getHandle(GATE_ID).executeUpdate(admitUpdate, { args: [{ ...input, answerBy }] }),
      afterSilence: () => admitted(input.deploymentId),
    });
    clock.saw(Date.parse(answer.startTime)); // later readings of the clock must not be before this time
    return answer;
  }

  async function admitted(deploymentId: string): Promise<{ answer: AdmitAnswer } | undefined> {
    const info = await describeDeployment(deploymentId);
    const state = info && stateOf(info);
    if (!state) return undefined;
    const isQueued = state.status === 'queued';
    const answer: AdmitAnswer = {
      deploymentId,
      status: isQueued ? 'queued' : 'accepted',
      startTime: state.startTime,
      estimatedSeconds: Math.round(estimatedSeconds(state.plan, state.estimates)),
      ...(isQueued && { queuePosition: placed(state, await readLoad()).queuePosition }),
    };
    return { answer };
  }

  /**
   * Signals the cancellation and waits for the end. Returns undefined if there is no such deployment, and `cancelling`
   * if the end takes longer than `waitMs`.
   */
  async function cancel(id: string, waitMs: number): Promise<MaybeStale<DeploymentState> | 'cancelling' | undefined> {
    const info = (await describeDeployment(id)) ?? (await appearing(id));
    if (!info) return undefined;
    if (info.status.name !== 'RUNNING') return readDeployment(id);
    if (!(await signalCancel(id))) return readDeployment(id);
    try {
      await connection.withDeadline(Date.now() + waitMs, () => workflow.getHandle(id).result());
    } catch (error) {
      if (isUnreachable(error)) return 'cancelling'; // any other error is the workflow's result, which its state has
    }
    return readDeployment(id);
  }

  /** Returns false if the deployment has already ended. */
  async function signalCancel(id: string): Promise<boolean> {
    try {
      await reach(READ_MS, () => workflow.getHandle(id).signal(cancelSignal, { by: 'user' }));
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  async function list(filter: ListFilter): Promise<{ states: DeploymentState[]; cursor?: string }> {
    let page = await find(filter, filter.limit);
    const isFirst = filter.cursor === undefined;
    const isWaiting = [...page.rows.values()].some((state) => state?.status === 'queued');
    const load = isFirst || isWaiting ? await readLoad() : undefined;
    const fresh: Rows = isFirst ? await readFresh(page.rows, load, filter) : new Map();
    for (;;) {
      const { states, cut } = pageOf(page.rows, fresh, filter);
      if (cut === undefined) return { states: states.map((state) => placed(state, load)), cursor: page.cursor };
      page = await find(filter, cut); // the next page starts with the first row that doesn't fit
    }
  }

  /** Returns the next `count` rows, and the cursor after them. For zero rows, the cursor is the beginning. */
  async function find(filter: ListFilter, count: number): Promise<{ rows: Rows; cursor?: string }> {
    if (count === 0) return { rows: new Map(), cursor: '' };
    const { executions, nextPageToken } = await reach(READ_MS, () =>
      client.workflowService.listWorkflowExecutions({
        namespace,
        query: whereOf(filter),
        pageSize: count,
        nextPageToken: filter.cursor === undefined ? undefined : Buffer.from(filter.cursor, 'base64url'),
      }),
    );
    const infos = await Promise.all(executions.map((raw) => executionInfoFromRaw(raw, converter, raw, namespace)));
    const rows = new Map(infos.map((info) => [info.workflowId, stateOf(info)]));
    return { rows, ...(nextPageToken.length > 0 && { cursor: Buffer.from(nextPageToken).toString('base64url') }) };
  }

  /**
   * Reads the state of deployments that the gate admitted or that ended in the last minutes, because visibility lags.
   */
  async function readFresh(rows: Rows, load: GateLoad | undefined, { limit }: ListFilter): Promise<Rows> {
    const ended = load?.recentlyEnded.slice(0, Math.min(limit, 50)) ?? [];
    const stale = ended.filter((id) => !isEnded(rows.get(id)?.status ?? 'running'));
    const latest = load ? [...load.active, ...load.queued.slice(-limit)] : [];
    const infos = await Promise.all([...stale, ...latest].map(describeDeployment));
    return new Map(infos.flatMap((info) => (info ? [[info.workflowId, stateOf(info)]] : [])));
  }

  async function ping(): Promise<void> {
    await reach(READ_MS, () => client.workflowService.getSystemInfo({}));
  }

  const converter = client.options.loadedDataConverter;
  const services = createServiceGateway(client, calls, clock);
  return {
    ...services,
    ...createBatchGateway(client, calls, clock),
    ...createCallbackGateway(client, calls),
    admit,
    answerBefore,
    cancel,
    list,
    ping,
    readDeployment,
    readLoad,
  };
}

/**
 * Reads Temporal's clock: the gate rejects the update with the time. Returns undefined if the gate is unavailable or
 * from an older version.
 */
async function readClock({ workflow }: Client, { query }: TemporalCalls): Promise<number | undefined> {
  try {
    await query(() => workflow.getHandle(GATE_ID).executeUpdate(clockUpdate));
    return undefined;
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    const { cause } = error;
    const isTime = cause instanceof ApplicationFailure && cause.type === CLOCK_REFUSAL;
    return isTime ? (cause.details?.[0] as ShownTime).nowMs : undefined;
  }
}

/** Sets the current queue position. If the gate doesn't answer, the last known position stays. */
function placed(state: DeploymentState, load: GateLoad | undefined): DeploymentState {
  if (state.status !== 'queued' || !load) return state;
  const place = load.queued.indexOf(state.deploymentId) + 1;
  // No longer queued: the deployment is about to get its slot.
  return { ...state, queuePosition: place > 0 ? place : undefined };
}

type Described = Pick<WorkflowExecutionDescription, 'memo' | 'status' | 'closeTime' | 'workflowId'>;

/**
 * Returns the state from the memo. If the workflow ended without setting its end (terminated, or input rejected), the
 * end is derived from the workflow's status.
 */
function stateOf(info: Described): DeploymentState | undefined {
  const lastState = info.memo?.[VIEW_MEMO] as DeploymentState | undefined;
  if (info.status.name === 'RUNNING') return lastState;
  if (!lastState) return undefined;
  if (isEnded(lastState.status)) return lastState;
  const status: EndedStatus = info.status.name === 'CANCELLED' ? 'cancelled' : 'failed';
  const failure = {
    error: errorRecord('terminated'),
    step: lastState.current?.step ?? null,
    mode: lastState.current?.mode ?? null,
  };
  return { ...lastState, status, failure, endTime: (info.closeTime ?? new Date()).toISOString() };
}
