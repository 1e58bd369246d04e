// A real gRPC server that turns calls away as Temporal does.
import { expect, it } from '@jest/globals';
import { Client, credentials, Metadata, Server, ServerCredentials, status, type ServiceError } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { temporalRetries } from '../../../src/api/temporal-retries.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const PATH = '/test/Ask';
const asIs = (bytes: Buffer): Buffer => bytes;
const causes = proto.temporal.api.enums.v1.ResourceExhaustedCause;
const { RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW: BUSY, RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT: TOO_MANY } = causes;

type Cause = (typeof causes)[keyof typeof causes];

function turnedAway(cause: Cause): Partial<ServiceError> {
  const value = proto.temporal.api.errordetails.v1.ResourceExhaustedFailure.encode({ cause }).finish();
  const details = [{ type_url: 'type.googleapis.com/temporal.api.errordetails.v1.ResourceExhaustedFailure', value }];
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(proto.google.rpc.Status.encode({ details }).finish()));
  return { code: status.RESOURCE_EXHAUSTED, details: 'turned away', metadata };
}

/** Asks a server that turns the first `times` calls away. */
async function ask(cause: Cause, times: number, withinMs: number) {
  let calls = 0;
  const server = new Server();
  const shape = { path: PATH, requestStream: false, responseStream: false } as const;
  const serialize = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService(
    { ask: { ...shape, ...serialize } },
    {
      ask: (_call: unknown, answer: (error: Partial<ServiceError> | null, value?: Buffer) => void) => {
        calls += 1;
        if (calls <= times) answer(turnedAway(cause));
        else answer(null, Buffer.from('done'));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { interceptors: [temporalRetries()] });
  onTestFinished(() => {
    client.close();
    server.forceShutdown();
  });
  const outcome = await new Promise<string>((resolve) => {
    client.makeUnaryRequest(PATH, asIs, asIs, Buffer.from('?'), { deadline: Date.now() + withinMs }, (error, value) => {
      resolve(error ? status[error.code] : (value?.toString() ?? ''));
    });
  });
  return { outcome, calls };
}

it('a call that fails because the workflow is busy is retried without long pauses', async () => {
  expect(await ask(BUSY, 5, 8_000)).toEqual({ outcome: 'done', calls: 6 }); // the usual pauses: 1.7, 2.9, 4.9 s
});

it('a call that fails because of a rate limit isn’t retried for more than 800 milliseconds', async () => {
  expect(await ask(TOO_MANY, 1, 800)).toEqual({ outcome: 'DEADLINE_EXCEEDED', calls: 1 });
});
