import { describe, expect, it } from '@jest/globals';
import { ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { CLOCK_REFUSAL } from '../../../src/contract/messages.js';
import { createGateway } from '../../../src/api/gateway.js';
import { startRequestSchema } from '../../../src/contract/requests.js';
import type { DeploymentState } from '../../../src/contract/views.js';
import { blankState } from '../../../src/workflows/view.js';

const ANSWER = { deploymentId: 'd1', status: 'accepted', startTime: '2026-01-01T00:00:00.000Z', estimatedSeconds: 60 };
const input = { deploymentId: 'd1', request: startRequestSchema.parse({}), service: 'shop', configMac: 'mac' };

/** A gateway to a gate that first fails in the ways given, then admits. */
function gatewayTo(...failures: Error[]) {
  const executeUpdate = ({ name }: { name: string }): Promise<unknown> => {
    if (name === 'clock') return Promise.reject(shown(Date.now()));
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve(ANSWER);
  };
  return gatewayWith({ executeUpdate });
}

/** A gateway to workflows of which no more is used than what is given. */
function gatewayWith(handle: object) {
  const withDeadline = (_deadline: number, call: () => Promise<unknown>): Promise<unknown> => call();
  const client = { workflow: { getHandle: () => handle }, connection: { withDeadline }, options: {} };
  return createGateway(client as unknown as Client, 'default');
}

const refusal = (type: string): Error =>
  new WorkflowUpdateFailedError('refused', ApplicationFailure.nonRetryable('no', type, {}));
const grpc = (code: number): Error =>
  new ServiceError('Workflow Update failed', { cause: Object.assign(new Error('grpc'), { code }) });

it.each([
  ['that is about to continue as new', refusal('draining')],
  ['whose workflow task was discarded at the end of the run', grpc(9)],
])('a request to a gate %s is retried', async (_, failure) => {
  expect(await gatewayTo(failure, failure).admit(input)).toEqual(ANSWER);
});

it.each([
  ['a refusal', refusal('concurrency_limit'), { code: 'concurrency_limit' }],
  ['any other gRPC error', grpc(13), { message: 'Workflow Update failed' }],
])('a request to the gate isn’t retried after %s', async (_, failure, expected) => {
  await expect(gatewayTo(failure).admit(input)).rejects.toMatchObject(expected);
});

/** What a gate answers to the question for the time. */
const shown = (nowMs: number): Error =>
  new WorkflowUpdateFailedError('refused', ApplicationFailure.nonRetryable('no', CLOCK_REFUSAL, { nowMs }));

/** A gateway to a host that beat last at a time of Temporal's clock, and to a gate that tells what that shows now. */
function gatewayToHost({ beatAtMs, nowMs }: { beatAtMs: number; nowMs: number }) {
  const heartbeatDetails = { payloads: [defaultPayloadConverter.toPayload({ hostId: 'h1', instances: 3 })] };
  const pendingActivities = [
    { activityType: { name: 'cleanHost' }, heartbeatDetails: null },
    { activityType: { name: 'beatHost' }, heartbeatDetails, lastHeartbeatTime: msToTs(beatAtMs) },
  ];
  const described = { type: 'host', raw: { pendingActivities } };
  return gatewayWith({
    describe: () => Promise.resolve(described),
    executeUpdate: () => Promise.reject(shown(nowMs)),
  });
}

it('the heartbeat of a host is found among the other activities of the host', async () => {
  const now = Date.now();
  const beat = await gatewayToHost({ beatAtMs: now, nowMs: now }).readHostBeat('h1');
  expect(beat).toMatchObject({ hostId: 'h1', instances: 3 });
});

it.each([0, 3_600_000, -3_600_000])(
  'the silence of a host is measured with Temporal’s clock, which differs by %i ms from the local clock',
  async (apartMs) => {
    const nowMs = Date.now() + apartMs;
    const beat = await gatewayToHost({ beatAtMs: nowMs - 13_000, nowMs }).readHostBeat('h1');
    expect(beat?.silentMs).toBeGreaterThanOrEqual(13_000);
    expect(beat?.silentMs).toBeLessThan(14_000);
  },
);

describe('queue positions', () => {
  const waiting = (deploymentId: string): DeploymentState => ({
    ...blankState(deploymentId, startRequestSchema.parse({})),
    queuePosition: 7, // what the admission said, long ago
  });
  const running = (deploymentId: string): DeploymentState => ({ ...waiting(deploymentId), status: 'running' });

  /** Deployments that answer, a gate that says who waits, and how often each was asked. */
  function asked(states: DeploymentState[], queued: string[] | undefined) {
    const queries: string[] = [];
    const query = (id: string): Promise<unknown> => {
      queries.push(id);
      const state = states.find(({ deploymentId }) => deploymentId === id);
      if (state) return Promise.resolve(state);
      return queued ? Promise.resolve({ active: [], queued, recentlyEnded: [] }) : Promise.reject(grpc(14));
    };
    const client = {
      workflow: { getHandle: (id: string) => ({ query: () => query(id) }) },
      connection: { withDeadline: (_deadline: number, call: () => Promise<unknown>) => call() },
      options: {},
    };
    return { queries, gateway: createGateway(client as unknown as Client, 'default') };
  }
  const placeOf = async (gateway: ReturnType<typeof createGateway>, id: string) =>
    (await gateway.readDeployment(id))?.value.queuePosition;

  it('the queue position of a deployment is the current position in the gate, not the position at admission', async () => {
    const { gateway } = asked([waiting('a'), waiting('b')], ['b', 'a']);
    expect([await placeOf(gateway, 'a'), await placeOf(gateway, 'b')]).toEqual([2, 1]);
  });

  it('an admitted deployment has no queue position, and the last known position is returned while the gate can’t be reached', async () => {
    expect(await placeOf(asked([waiting('a')], []).gateway, 'a')).toBeUndefined();
    expect(await placeOf(asked([waiting('a')], undefined).gateway, 'a')).toBe(7);
  });

  it('the status of a running deployment takes a single query', async () => {
    const { gateway, queries } = asked([running('a')], []);
    await gateway.readDeployment('a');
    expect(queries).toEqual(['a']);
  });
});

describe('the list of deployments', () => {
  const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const stateOf = (deploymentId: string, second: number, status: DeploymentState['status']): DeploymentState => ({
    deploymentId,
    service: 'shop',
    mode: 'uv',
    environment: 'dev',
    metadata: {},
    status,
    startTime: at(second),
    ...(status === 'completed' && { endTime: at(second) }),
    attempts: [],
    events: [],
    estimates: {},
    plan: [],
    language: 'en',
  });
  const running = (id: string, second: number) => stateOf(id, second, 'running');
  const completed = (id: string, second: number) => stateOf(id, second, 'completed');

  /** Temporal, whose list knows `listed` in this order while the deployments stand as `truth` says. */
  function gatewayOf(listed: DeploymentState[], truth: DeploymentState[]) {
    const info = (state: DeploymentState) => ({
      execution: { workflowId: state.deploymentId, runId: 'run' },
      type: { name: 'deployment' },
      status: state.endTime === undefined ? 1 : 2,
      historyLength: { toNumber: () => 1 },
      startTime: msToTs(0),
      memo: { fields: { view: defaultPayloadConverter.toPayload(state) } },
    });
    const listWorkflowExecutions = (asked: { pageSize: number; nextPageToken?: Buffer }) => {
      const from = Number(asked.nextPageToken?.toString() ?? 0);
      const to = from + asked.pageSize;
      const nextPageToken = Buffer.from(to < listed.length ? String(to) : '');
      return Promise.resolve({ executions: listed.slice(from, to).map(info), nextPageToken });
    };
    const load = {
      active: truth.filter(({ status }) => status === 'running').map(({ deploymentId }) => deploymentId),
      queued: truth.filter(({ status }) => status === 'queued').map(({ deploymentId }) => deploymentId),
      recentlyEnded: truth.filter(({ endTime }) => endTime !== undefined).map(({ deploymentId }) => deploymentId),
    };
    const described = (id: string) => {
      const state = truth.find(({ deploymentId }) => deploymentId === id);
      if (!state) return Promise.reject(new WorkflowNotFoundError('none', id, undefined));
      const status = { name: state.endTime === undefined ? 'RUNNING' : 'COMPLETED' };
      return Promise.resolve({ type: 'deployment', workflowId: id, status, memo: { view: state } });
    };
    const client = {
      workflow: { getHandle: (id: string) => ({ query: () => Promise.resolve(load), describe: () => described(id) }) },
      workflowService: { listWorkflowExecutions },
      connection: { withDeadline: (_deadline: number, call: () => Promise<unknown>) => call() },
      options: { loadedDataConverter: { payloadConverter: defaultPayloadConverter, payloadCodecs: [] } },
    };
    return createGateway(client as unknown as Client, 'default'); // a list uses no more of it
  }

  async function pages(gateway: ReturnType<typeof gatewayOf>, limit: number): Promise<string[][]> {
    const all: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await gateway.list({ limit, ...(cursor !== undefined && { cursor }) });
      all.push(page.states.map(({ deploymentId }) => deploymentId));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }

  const past = [completed('e3', 30), completed('e2', 20), completed('e1', 10)];

  it('the list of deployments contains the queue positions on each page', async () => {
    const known = [stateOf('q2', 42, 'queued'), running('r1', 41), stateOf('q1', 40, 'queued')];
    const gateway = gatewayOf(known, [known[1]!, known[2]!, known[0]!]);
    const places = ({ states }: { states: DeploymentState[] }) => states.map(({ queuePosition }) => queuePosition);
    const first = await gateway.list({ limit: 2 });
    expect(places(first)).toEqual([2, undefined]);
    expect(places(await gateway.list({ limit: 2, cursor: first.cursor! }))).toEqual([1]);
  });

  it('the list of deployments repeats no row if Temporal lists all deployments', async () => {
    const known = [running('r1', 40), ...past];
    expect(await pages(gatewayOf(known, known), 2)).toEqual([
      ['r1', 'e3'],
      ['e2', 'e1'],
    ]);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'the list of deployments with %i rows per page omits no deployment that Temporal doesn’t list yet',
    async (limit) => {
      const listed = [running('r1', 40), running('e4', 35), ...past];
      const truth = [running('r2', 50), running('r1', 40), completed('e4', 45), ...past];
      const all = await pages(gatewayOf(listed, truth), limit);
      expect(all[0]).toEqual(['r2', 'r1', 'e4', 'e3', 'e2', 'e1'].slice(0, limit));
      expect(Math.max(...all.map(({ length }) => length))).toBeLessThanOrEqual(limit);
      expect([...new Set(all.flat())].sort()).toEqual(['e1', 'e2', 'e3', 'e4', 'r1', 'r2']);
    },
  );
});
