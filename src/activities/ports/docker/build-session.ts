// The session of a BuildKit build: a second connection, over which the engine requests registry credentials and the
// secrets that commands mount.
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { Server, ServerCredentials, status, type handleUnaryCall, type MethodDefinition } from '@grpc/grpc-js';
import type Docker from 'dockerode';
import protobuf from 'protobufjs';

export interface BuildSession {
  id: string;
  close: () => void;
}

/** Parts of BuildKit's session protocol (buildkit, session/auth, session/secrets), and of gRPC's health checking. */
const TYPES = protobuf.Root.fromJSON({
  nested: {
    Nothing: { fields: {} },
    Health: { fields: { status: { id: 1, type: 'uint32' } } },
    SecretWanted: { fields: { ID: { id: 1, type: 'string' } } },
    Secret: { fields: { data: { id: 1, type: 'bytes' } } },
  },
});
const SERVING = 1;

/** Opens a session. The engine requests a secret by the `id` of a mount. Other ids get `NOT_FOUND`. */
export async function openSession(docker: Docker, secrets: Readonly<Record<string, string>>): Promise<BuildSession> {
  const id = randomUUID();
  const socket = await dial(docker, id);
  const server = new Server();
  answer(server, '/moby.filesync.v1.Auth/Credentials', ['Nothing', 'Nothing'], () => ({}));
  answer(server, '/grpc.health.v1.Health/Check', ['Nothing', 'Health'], () => ({ status: SERVING }));
  answer(server, '/moby.buildkit.secrets.v1.Secrets/GetSecret', ['SecretWanted', 'Secret'], ({ ID = '' }) =>
    Object.hasOwn(secrets, ID) ? { data: Buffer.from(secrets[ID] ?? '') } : undefined,
  );
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket);
  return {
    id,
    close: () => {
      server.forceShutdown();
      socket.end();
    },
  };
}

/** Adds a method to the server. If `find` returns undefined, the answer is `NOT_FOUND`. */
function answer(
  server: Server,
  path: string,
  [requestName, responseName]: [string, string],
  find: (request: { ID?: string }) => object | undefined,
): void {
  const [requestType, responseType] = [TYPES.lookupType(requestName), TYPES.lookupType(responseName)];
  const method: MethodDefinition<{ ID?: string }, object> = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => Buffer.from(requestType.encode(message).finish()),
    requestDeserialize: (bytes) => requestType.decode(bytes) as { ID?: string },
    responseSerialize: (message) => Buffer.from(responseType.encode(message).finish()),
    responseDeserialize: (bytes) => responseType.decode(bytes),
  };
  const handle: handleUnaryCall<{ ID?: string }, object> = ({ request }, reply) => {
    const response = find(request);
    if (response) reply(null, response);
    else reply({ code: status.NOT_FOUND });
  };
  server.addService({ [path]: method }, { [path]: handle });
}

/** A method that dockerode's types lack. */
interface Modem {
  dial(options: object, done: (error: Error | null, socket: Duplex) => void): void;
}

/** Opens a connection that the engine takes over as a client; this process is the server. */
function dial(docker: Docker, id: string): Promise<Duplex> {
  const options = {
    method: 'POST',
    path: '/session',
    hijack: true,
    headers: { Upgrade: 'h2c', 'X-Docker-Expose-Session-Uuid': id, 'X-Docker-Expose-Session-Name': 'slipway' },
    statusCodes: { 200: true, 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    (docker.modem as Modem).dial(options, (error, socket) => {
      if (error) reject(error);
      else resolve(socket);
    });
  });
}
