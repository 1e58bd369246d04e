// The embedded Temporal server: its ports, files and command, and the setup before Slipway can use it.
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Config, TemporalConfig } from '../../config.js';
import { SlipwayError } from '../../contract/errors.js';
import { replaceFile } from '../../files.js';
import { reach } from '../../reach.js';
import { connectionOptions } from '../../temporal.js';
import { keepPort } from '../kept-port.js';
import { writeCertificates } from './certificates.js';
import { clientProfileDocument } from './client-profile.js';
import { clientTls, type TemporalFiles } from './files.js';
import { InnerPortKeeper } from './inner-ports.js';
import { dynamicConfigDocument, SERVER_IP, serverConfigDocument, type DatabasePath } from './server-config.js';

const FIRST_PORT = 7233;
const FIRST_HTTP_PORT = 7243;
const READY_MS = 60_000;
const DAY_SECONDS = 24 * 60 * 60;
/** gRPC status code. */
const ALREADY_EXISTS = 6;
/** The variables that the server gets. They are Go's own settings, and none of Slipway's secrets. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'GOGC', 'GOMEMLIMIT', 'GOMAXPROCS', 'GODEBUG'];

/** A server's addresses, and the certificates for its clients. */
export type TemporalPlace = Pick<TemporalConfig, 'tls'> & {
  address: string;
  /** The address of the HTTP API. */
  httpAddress: string;
};

export interface KeptPlace {
  place: TemporalPlace;
  /** True if another program has the usual port. */
  moved: boolean;
  /** Writes the server's configuration. Called before each of its processes. */
  writeServerFiles: (database: DatabasePath) => Promise<void>;
  giveUp: () => void;
}

/** Keeps the usual ports, or the next free ones, for the life of this process or until `giveUp`. */
export async function keepPlace(files: TemporalFiles): Promise<KeptPlace> {
  const frontend = await keepPort(FIRST_PORT);
  const http = await keepPort(FIRST_HTTP_PORT);
  const keeper = new InnerPortKeeper();
  return {
    place: placeOf(files, frontend.port, http.port),
    moved: frontend.port !== FIRST_PORT,
    async writeServerFiles(database) {
      const ports = { frontend: frontend.port, http: http.port, inner: await keeper.settle() };
      await replaceFile(files.dynamicConfig, dynamicConfigDocument());
      await replaceFile(files.serverConfig, serverConfigDocument(files, ports, database));
    },
    giveUp() {
      frontend.release();
      http.release();
      keeper.release();
    },
  };
}

const placeOf = (files: TemporalFiles, frontendPort: number, httpPort: number): TemporalPlace => ({
  address: `${SERVER_IP}:${frontendPort}`,
  httpAddress: `${SERVER_IP}:${httpPort}`,
  tls: clientTls(files),
});

/** Writes the files that don't change while Slipway runs: certificates, and a profile for Temporal's own programs. */
export async function writeClientFiles(files: TemporalFiles, place: TemporalPlace, namespace: string): Promise<void> {
  await mkdir(files.configFolder, { recursive: true, mode: 0o700 });
  await writeCertificates(files);
  await replaceFile(files.clientProfile, clientProfileDocument(files, place.address, namespace));
}

export function serverArgv(program: string, files: TemporalFiles): [string, ...string[]] {
  // The server has no authoriser, because only Slipway and its operator have a certificate.
  return [program, files.configFolder];
}

export function serverEnvironment(host: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(host).filter(([name]) => PASSED_ON.includes(name)));
}

/** Resolves when the server answers. */
export async function untilServing(server: TemporalConfig): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      await reach(server.address ?? ''); // gRPC itself waits a second after a port that nothing listens on
      await withConnection(server, async ({ workflowService }) => {
        await workflowService.getClusterInfo({});
      });
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        const reason = `Temporal at ${server.address ?? ''} does not answer (${error instanceof Error ? error.message : String(error)})`;
        throw new SlipwayError('temporal_unavailable', { text: 'start_failed', params: { reason }, cause: error });
      }
      await delay(20);
    }
  }
}

/**
 * Creates the namespace, or sets its retention. Creation comes first, because the server caches for a second that a
 * namespace doesn't exist.
 */
export async function settleNamespace(
  server: TemporalConfig,
  { retentionDays }: Pick<Config, 'retentionDays'>,
): Promise<void> {
  const { namespace } = server;
  const retention = { seconds: retentionDays * DAY_SECONDS };
  await withConnection(server, async ({ workflowService }) => {
    try {
      const made = { namespace, workflowExecutionRetentionPeriod: retention };
      await workflowService.registerNamespace(made as never);
    } catch (error) {
      if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error;
      const config = { workflowExecutionRetentionTtl: retention };
      await workflowService.updateNamespace({ namespace, config } as never);
    }
  });
}

async function withConnection<T>(server: TemporalConfig, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ ...(await connectionOptions(server)), connectTimeout: '1s' });
  try {
    return await connection.withDeadline(Date.now() + 5_000, () => work(connection));
  } finally {
    await connection.close();
  }
}
