// The entities port, through which activities reach workflows, with a Temporal client.
import { QueryRejectedError, WorkflowNotFoundError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  TypedSearchAttributes,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { HostActivities } from '../activities/index.js';
import type { EntitiesPort, Past, PastTicket } from '../activities/ports/entities-port.js';
import {
  commandSignal,
  describeQuery,
  loadQuery,
  MOST_WHOLE_BYTES,
  MOST_WHOLE_ROWS,
  wantedQuery,
  type DeploymentEnded,
  type GateCounters,
  type RegistryPage,
  type RegistryRow,
} from '../contract/messages.js';
import {
  DECISION_TIMEOUT,
  GATE_ID,
  hostOfWorkflow,
  hostWorkflowId,
  SEARCH_ATTRIBUTES,
  serviceWorkflowId,
  TASK_QUEUE,
  VIEW_MEMO,
  WORKFLOWS,
} from '../contract/names.js';
import { ENDED_STATUSES, type EndedStatus } from '../contract/states.js';
import { rowOf, secondsBetween, type DeploymentState, type ServiceRow, type ServiceView } from '../contract/views.js';
import { readMemoPage, readServiceMemos } from '../service-memos.js';
import type { Beater } from './twin-host.js';

const IN_FLIGHT = `WorkflowType = '${WORKFLOWS.deployment}' AND ExecutionStatus = 'Running'`;
/** The activity of a host's heartbeat. */
const BEAT = 'beatHost' satisfies keyof HostActivities;
const SERVICE_KEY = defineSearchAttributeKey(SEARCH_ATTRIBUTES.service, SearchAttributeType.KEYWORD);
/** The number of deployments from which a gate without state calculates the mean duration. */
const MOST_READ_FOR_DURATIONS = 500;

export function createEntities(client: Client): EntitiesPort {
  const { workflow } = client;
  async function idsOf(query: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { workflowId } of workflow.list({ query })) ids.push(workflowId);
    return ids;
  }

  return {
    async commandService(service, command) {
      await workflow.signalWithStart(WORKFLOWS.service, {
        workflowId: serviceWorkflowId(service),
        taskQueue: TASK_QUEUE,
        workflowTaskTimeout: DECISION_TIMEOUT,
        args: [{ name: service }],
        signal: commandSignal,
        signalArgs: [command],
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        typedSearchAttributes: new TypedSearchAttributes([{ key: SERVICE_KEY, value: service }]),
        staticSummary: `Service ${service}`,
      });
    },

    async requestCancellation(deploymentId) {
      await ignoringAbsent(() => workflow.getHandle(deploymentId).cancel());
    },

    async findEnded(deploymentIds) {
      const infos = await Promise.all(
        deploymentIds.map((id) => ignoringAbsent(() => workflow.getHandle(id).describe())),
      );
      return infos.filter((info) => info !== undefined).flatMap(endOf);
    },

    async ranBefore(deploymentId) {
      const ended = await workflow.count(`WorkflowId = '${deploymentId}' AND ExecutionStatus != 'Running'`);
      return ended.count > 0;
    },

    async readPast() {
      const counters = await countEnds(workflow);
      const open: DeploymentState[] = [];
      for await (const info of workflow.list({
        query: `WorkflowType = '${WORKFLOWS.deployment}' AND ExecutionStatus = 'Running'`,
      })) {
        const state = viewOf(info) as DeploymentState | undefined;
        if (state) open.push(state);
      }
      const tickets = open.map(ticketOf).sort((a, b) => a.sequence - b.sequence);
      const outside = (await readServiceMemos(client)).filter(({ kind }) => kind === 'external');
      const queued = new Set(open.filter(({ status }) => status === 'queued').map(({ deploymentId }) => deploymentId));
      const past: Past = {
        counters,
        active: tickets.filter(({ deploymentId }) => !queued.has(deploymentId)),
        queued: tickets.filter(({ deploymentId }) => queued.has(deploymentId)),
        outside: { names: outside.map(({ name }) => name), revision: 0 }, // any list from the registry is newer
      };
      return past;
    },

    readServices: () => readServiceMemos(client),

    readServicePage: (after) => registryPage(client, after),

    /**
     * Reads the ids from the gate, which has the correct list, and from Temporal. A gate that has just started may not
     * have its list yet, and Temporal's list lags behind.
     */
    async readInFlight() {
      const { active, queued } = await workflow.getHandle(GATE_ID).query(loadQuery);
      return [...new Set([...active, ...queued, ...(await idsOf(IN_FLIGHT))])];
    },

    async hasInFlightSince(beforeMs) {
      const types = `WorkflowType IN ('${WORKFLOWS.deployment}', '${WORKFLOWS.batch}')`;
      const before = `StartTime < '${new Date(beforeMs).toISOString()}'`;
      return (await workflow.count(`${types} AND ExecutionStatus = 'Running' AND ${before}`)).count > 0;
    },

    readInFlightOf: (service) => idsOf(`${IN_FLIGHT} AND ${SEARCH_ATTRIBUTES.service} = '${service}'`),

    async readHosts() {
      const ids = await idsOf(`WorkflowType = '${WORKFLOWS.host}' AND ExecutionStatus = 'Running'`);
      return ids.map(hostOfWorkflow);
    },

    readLastBeat: async (hostId) => (await readBeater(client, hostId))?.atMs,

    async readWanted(service) {
      const handle = workflow.getHandle(serviceWorkflowId(service));
      const wanted = await ignoringAbsent(() => handle.query(wantedQuery));
      if (wanted) return wanted;
      const info = await ignoringAbsent(() => handle.describe());
      if (info === undefined || info.status.name === 'COMPLETED') return [];
      // An operator ended it, and its app must keep running.
      throw new Error(`the workflow of ${service} was ended by hand`);
    },

    async readService(service) {
      return ignoringAbsent(() => workflow.getHandle(serviceWorkflowId(service)).query(describeQuery));
    },

    async readLastHost(service) {
      const info = await ignoringAbsent(() => workflow.getHandle(serviceWorkflowId(service)).describe());
      if (info === undefined || info.status.name === 'COMPLETED') return undefined;
      const { host = null } = (viewOf(info) as ServiceView | undefined) ?? {};
      if (host === null) return undefined;
      const beating = await ignoringAbsent(() => workflow.getHandle(hostWorkflowId(host)).describe());
      return beating?.status.name === 'RUNNING' ? host : undefined; // no worker polls the queue of a forgotten host
    },
  };
}

/** Returns undefined if the workflow doesn't exist or has ended. */
export async function ignoringAbsent<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof QueryRejectedError) return undefined;
    throw error;
  }
}

/** Returns the view in a memo. The caller has the workflow type, and so the type of the view. */
const viewOf = ({ memo }: Pick<WorkflowExecutionInfo, 'memo'>): unknown => memo?.[VIEW_MEMO];

function endOf(info: Omit<WorkflowExecutionInfo, 'raw'>): DeploymentEnded[] {
  if (info.status.name === 'RUNNING') return [];
  const state = viewOf(info) as DeploymentState | undefined;
  const at = (info.closeTime ?? new Date()).toISOString();
  return [
    {
      deploymentId: info.workflowId,
      status: endedStatus(info.status.name),
      service: state?.service ?? null,
      changed: state?.changed,
      mode: state?.current?.mode ?? null,
      durationSeconds: secondsBetween(state?.startTime ?? at, at),
      at,
    },
  ];
}

/** The size limit of a page, because a payload holds 2 MiB. A page is smaller, or has only one service. */
const MOST_PAGE_BYTES = 1_000_000;
const PAGE_SIZE = 500;

async function registryPage(client: Client, after: string | undefined): Promise<RegistryPage> {
  for (let pageSize = PAGE_SIZE; ; pageSize = Math.ceil(pageSize / 2)) {
    const { views, next } = await readMemoPage(client, { pageSize, next: after });
    const whole = views.map(rowOf);
    if (after === undefined && next === undefined && areFew(whole)) return { whole };
    const rows = views.map(registryRow);
    const bytes = Buffer.byteLength(JSON.stringify(rows));
    if (bytes <= MOST_PAGE_BYTES || pageSize === 1) return { rows, ...(next !== undefined && { next }) };
  }
}

const areFew = (rows: readonly ServiceRow[]): boolean =>
  rows.length <= MOST_WHOLE_ROWS && Buffer.byteLength(JSON.stringify(rows)) <= MOST_WHOLE_BYTES;

function registryRow(view: ServiceView): RegistryRow {
  const { name, kind, type, status, health, host, depends_on, isolation, health_url, start_as } = view;
  const { registration, ailing, updated_at } = view;
  return {
    ...{ name, kind, type, status, health, host, depends_on, isolation, health_url, start_as },
    ...{ registration, ailing, updated_at },
  };
}

/** Returns the status of an ended workflow. A terminated or timed-out workflow counts as failed. */
function endedStatus(name: WorkflowExecutionInfo['status']['name']): EndedStatus {
  if (name === 'COMPLETED') return 'completed';
  return name === 'CANCELLED' ? 'cancelled' : 'failed';
}

const ticketOf = (state: DeploymentState): PastTicket => ({
  deploymentId: state.deploymentId,
  sequence: state.sequence ?? 0,
  at: Date.parse(state.startTime),
  service: state.service,
});

async function countEnds(workflow: Client['workflow']): Promise<GateCounters> {
  const count = async (where: string): Promise<number> =>
    (await workflow.count(`WorkflowType = '${WORKFLOWS.deployment}'${where}`)).count;
  const ends = await Promise.all(
    ENDED_STATUSES.map((status) => count(` AND ${SEARCH_ATTRIBUTES.status} = '${status}'`)),
  );
  const [completed = 0, failed = 0, cancelled = 0] = ends;
  return {
    total: await count(''),
    completed,
    failed,
    cancelled,
    completedSeconds: await sumDurations(workflow, completed),
  };
}

async function sumDurations(workflow: Client['workflow'], completed: number): Promise<number> {
  let sum = 0;
  let read = 0;
  const query = `WorkflowType = '${WORKFLOWS.deployment}' AND ${SEARCH_ATTRIBUTES.status} = 'completed'`;
  for await (const info of workflow.list({ query, pageSize: 100 })) {
    const state = viewOf(info) as DeploymentState | undefined;
    if (state?.endTime === undefined) continue;
    sum += secondsBetween(state.startTime, state.endTime);
    read += 1;
    if (read === MOST_READ_FOR_DURATIONS) break;
  }
  return read === 0 ? 0 : (sum / read) * completed;
}

/**
 * Returns the worker that beats for a host now, or that beat last. Undefined if the beat has not started, or waits for
 * a worker that has never sent one.
 */
export async function readBeater({ workflow }: Client, hostId: string): Promise<Beater | undefined> {
  const info = await ignoringAbsent(() => workflow.getHandle(hostWorkflowId(hostId)).describe());
  const beating = info?.raw.pendingActivities?.find(({ activityType }) => activityType?.name === BEAT);
  const atMs = optionalTsToMs(beating?.lastHeartbeatTime);
  return atMs === undefined ? undefined : { identity: beating?.lastWorkerIdentity ?? '', atMs };
}
