import { ServiceError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { expect, it } from 'vitest';
import { createGateway } from '../../../src/api/gateway.js';
import { startRequestSchema } from '../../../src/contract/requests.js';

const ANSWER = { deploymentId: 'd1', status: 'accepted', startTime: '2026-01-01T00:00:00.000Z', estimatedSeconds: 60 };
const input = { deploymentId: 'd1', request: startRequestSchema.parse({}), service: 'shop', configMac: 'mac' };

/** A gateway to a gate that first fails in the ways given, then admits. */
function gatewayTo(...failures: Error[]) {
  const executeUpdate = (): Promise<unknown> => {
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve(ANSWER);
  };
  return gatewayOf({ executeUpdate });
}

/** A gateway to workflows of which no more is used than what is given. */
function gatewayOf(handle: object) {
  const withDeadline = (_deadline: number, call: () => Promise<unknown>): Promise<unknown> => call();
  const client = { workflow: { getHandle: () => handle }, connection: { withDeadline }, options: {} };
  return createGateway(client as unknown as Client, 'default');
}

const refusal = (type: string): Error =>
  new WorkflowUpdateFailedError('refused', ApplicationFailure.nonRetryable('no', type, {}));
const grpc = (code: number): Error =>
  new ServiceError('Workflow Update failed', { cause: Object.assign(new Error('grpc'), { code }) });

it.each([
  ['that is folding its history', refusal('draining')],
  ['whose task was thrown away as it closed its run', grpc(9)],
])('a gate %s is asked again', async (_, failure) => {
  expect(await gatewayTo(failure, failure).admit(input)).toEqual(ANSWER);
});

it.each([
  ['a refusal', refusal('concurrency_limit'), { code: 'concurrency_limit' }],
  ['an error that says nothing of the kind', grpc(13), { message: 'Workflow Update failed' }],
])('%s is not asked again', async (_, failure, expected) => {
  await expect(gatewayTo(failure).admit(input)).rejects.toMatchObject(expected);
});

it("a host's beat is found among whatever else the host is doing", async () => {
  const heartbeatDetails = { payloads: [defaultPayloadConverter.toPayload({ hostId: 'h1', instances: 3 })] };
  const pendingActivities = [
    { activityType: { name: 'cleanHost' }, heartbeatDetails: null },
    { activityType: { name: 'beatHost' }, heartbeatDetails },
  ];
  const describe = (): Promise<unknown> => Promise.resolve({ raw: { pendingActivities } });
  expect(await gatewayOf({ describe }).readHostBeat('h1')).toEqual({ hostId: 'h1', instances: 3 });
});
