// The configuration of the embedded Temporal server, as two documents that it reads when it starts. JSON is valid YAML.
import type { TemporalFiles } from './files.js';
import { SERVER_NAME } from './certificates.js';

/** The address that every listener of the server binds to. */
export const SERVER_IP = '127.0.0.1';
/** The host name that a request to the server's HTTP API must have: a name that no web page can have. */
export const HTTP_API_HOST = SERVER_NAME;

/** The server's parts that connect to each other. Each has a port. */
export const INNER_PORTS = ['history', 'matching', 'worker'] as const;
export type InnerPorts = Record<(typeof INNER_PORTS)[number], number>;

/** The ports of the server's listeners. Each requires a client certificate. */
export interface ServerPorts {
  /** gRPC, for Slipway and the `temporal` program. */
  frontend: number;
  /** The same calls over HTTP, for the Web UI. */
  http: number;
  inner: InnerPorts;
}

/** If undefined, the database is in memory, and is lost with the server. */
export type DatabasePath = string | undefined;

const dynamic = (value: unknown): { value: unknown }[] => [{ value }];

/**
 * The server's dynamic settings. Without the first seven, every step costs 100 ms, because the one shard hands tasks
 * out 20 times a second (docs/explanation/adr/002).
 */
const DYNAMIC_CONFIG = {
  'history.transferProcessorMaxPollRPS': dynamic(10_000),
  'history.timerProcessorMaxPollRPS': dynamic(10_000),
  'history.visibilityProcessorMaxPollRPS': dynamic(1_000),
  'history.maxInFlightUpdates': dynamic(1_000),
  // With fast task dispatch and several partitions, some tasks would wait 2 s for a poller of another partition.
  'matching.numTaskqueueReadPartitions': dynamic(1),
  'matching.numTaskqueueWritePartitions': dynamic(1),
  'frontend.namespaceRPS.visibility': dynamic(100),
  // New search attributes are usable immediately. Each look-up then reads the database, so the read limits are also
  // raised.
  'system.forceSearchAttributesCacheRefreshOnRead': dynamic(true),
  'frontend.persistenceMaxQPS': dynamic(10_000),
  'history.persistenceMaxQPS': dynamic(45_000),
  // The number of histories in the cache. The work of one host needs no more.
  'history.hostLevelCacheMaxSize': dynamic(8_096),
  'frontend.httpAllowedHosts': dynamic([HTTP_API_HOST]),
};

export const dynamicConfigDocument = (): string => toDocument(DYNAMIC_CONFIG);

export function serverConfigDocument(files: TemporalFiles, ports: ServerPorts, database: DatabasePath): string {
  const { inner } = ports;
  const frontendAddress = `${SERVER_IP}:${ports.frontend}`;
  const rpc = (grpcPort: number) => ({ grpcPort, bindOnIP: SERVER_IP });
  return toDocument({
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'sqlite',
      visibilityStore: 'sqlite',
      numHistoryShards: 1,
      datastores: { sqlite: { sql: sqlite(database) } },
    },
    global: { tls: mutualTls(files) },
    services: {
      frontend: { rpc: { ...rpc(ports.frontend), httpPort: ports.http } },
      history: { rpc: rpc(inner.history) },
      matching: { rpc: rpc(inner.matching) },
      worker: { rpc: rpc(inner.worker) },
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: frontendAddress },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    archival: { history: { state: 'disabled' }, visibility: { state: 'disabled' } },
    namespaceDefaults: { archival: { history: { state: 'disabled' }, visibility: { state: 'disabled' } } },
    publicClient: { hostPort: frontendAddress },
    dynamicConfigClient: { filepath: files.dynamicConfig, pollInterval: '60s' },
  });
}

/**
 * Returns the database settings. WAL without a sync per commit is safe if the process is killed. A power failure may
 * lose the last commits.
 */
function sqlite(database: DatabasePath): object {
  const place =
    database === undefined
      ? { databaseName: 'slipway', connectAttributes: { mode: 'memory', cache: 'shared' } }
      : {
          databaseName: database.split('/').map(encodeURIComponent).join('/'), // it becomes part of a `file:` URI
          connectAttributes: { mode: 'rwc', setup: 'true', journal_mode: 'WAL', synchronous: 'NORMAL' },
        };
  return { pluginName: 'sqlite', connectAddr: 'localhost', connectProtocol: 'tcp', ...place };
}

function mutualTls(files: TemporalFiles): object {
  const server = {
    certFile: files.serverCertificate,
    keyFile: files.serverKey,
    clientCaFiles: [files.authority],
    requireClientAuth: true,
  };
  const client = { serverName: SERVER_NAME, rootCaFiles: [files.authority] };
  return {
    frontend: { server, client },
    internode: { server, client },
    systemWorker: { certFile: files.clientCertificate, keyFile: files.clientKey, client },
  };
}

const toDocument = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
