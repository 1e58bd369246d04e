// Builds the connection options for Temporal, for clients (API, worker) and for the worker's own connection.
import { readFile } from 'node:fs/promises';
import type { TemporalConfig } from './config.js';

export const DEFAULT_TEMPORAL_ADDRESS = '127.0.0.1:7233';

export async function connectionOptions({ address, apiKey, tls }: TemporalConfig) {
  return {
    address: address ?? DEFAULT_TEMPORAL_ADDRESS,
    ...(apiKey !== undefined && { apiKey }),
    ...(tls && { tls: await tlsOptions(tls) }),
  };
}

async function tlsOptions({
  clientCertPath,
  clientKeyPath,
  serverCaPath,
  serverName,
}: NonNullable<TemporalConfig['tls']>) {
  const pair = clientCertPath !== undefined &&
    clientKeyPath !== undefined && {
      clientCertPair: { crt: await readFile(clientCertPath), key: await readFile(clientKeyPath) },
    };
  return {
    ...pair,
    ...(serverCaPath !== undefined && { serverRootCACertificate: await readFile(serverCaPath) }),
    ...(serverName !== undefined && { serverNameOverride: serverName }),
  };
}
