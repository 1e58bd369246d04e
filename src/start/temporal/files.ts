// The paths of the embedded Temporal server's files: its configuration and its certificates. Only their owner can read
// them.
import type { TemporalConfig } from '../../config.js';
import type { Layout } from '../../contract/layout.js';
import { SERVER_NAME } from './certificates.js';

export interface TemporalFiles {
  /** Everything below is in this folder (mode 0700). */
  root: string;
  authority: string;
  serverCertificate: string;
  serverKey: string;
  clientCertificate: string;
  clientKey: string;
  /** The server reads `base.yaml` in this folder. */
  configFolder: string;
  serverConfig: string;
  dynamicConfig: string;
  /** A profile for the `temporal` program and Temporal's SDKs. */
  clientProfile: string;
}

export function temporalFiles({
  temporalFiles: root,
  temporalProfile,
}: Pick<Layout, 'temporalFiles' | 'temporalProfile'>): TemporalFiles {
  return {
    root,
    authority: `${root}/ca.pem`,
    serverCertificate: `${root}/server.pem`,
    serverKey: `${root}/server.key`,
    clientCertificate: `${root}/client.pem`,
    clientKey: `${root}/client.key`,
    configFolder: `${root}/server`,
    serverConfig: `${root}/server/base.yaml`,
    dynamicConfig: `${root}/dynamic.yaml`,
    clientProfile: temporalProfile,
  };
}

/** Returns the TLS settings of a client of the server. */
export const clientTls = (files: TemporalFiles): NonNullable<TemporalConfig['tls']> => ({
  clientCertPath: files.clientCertificate,
  clientKeyPath: files.clientKey,
  serverCaPath: files.authority,
  serverName: SERVER_NAME,
});
