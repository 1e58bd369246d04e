// The embedded Temporal server: its place, its files, its command, and what it must have before Slipway can use it.
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
/** Go's own settings are all that the server may be told beside where it is: none of Slipway's secrets. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'GOGC', 'GOMEMLIMIT', 'GOMAXPROCS', 'GODEBUG'];

/** A server, and how its clients reach it. */
export type TemporalPlace = Pick<TemporalConfig, 'tls'> & {
  address: string;
  /** Of the HTTP API. */
  httpAddress: string;
};

export interface KeptPlace {
  place: TemporalPlace;
  /** Another program has the usual port. */
  moved: boolean;
  /** Writes what the server reads, before each of its processes. */
  writeServerFiles: (database: DatabasePath) => Promise<void>;
  giveUp: () => void;
}

/** The usual ports, or the next free ones: kept for as long as this process lives, or until they are given up. */
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

/** Writes what does not change while Slipway runs: certificates, and a profile for Temporal's own programs. */
export async function writeClientFiles(files: TemporalFiles, place: TemporalPlace, namespace: string): Promise<void> {
  await mkdir(files.configFolder, { recursive: true, mode: 0o700 });
  await writeCertificates(files);
  await replaceFile(files.clientProfile, clientProfileDocument(files, place.address, namespace));
}

export function serverArgv(program: string, files: TemporalFiles): [string, ...string[]] {
  // No authoriser decides by who calls: only Slipway and its operator have a certificate.
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
      await reach(server.address ?? ''); // gRPC itself waits a second after a port that nobody listens on
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
 * Makes the namespace, or sets how long it keeps what has ended. Making comes first: the server remembers for a second that
 * it has not found a namespace.
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
