// A profile for Temporal's own command line and SDKs, which `TEMPORAL_CONFIG_FILE` names.
import { SERVER_NAME } from './certificates.js';
import type { TemporalFiles } from './files.js';

/**
 * Returns the profile in TOML, as Temporal's environment configuration defines it. JSON strings are valid TOML strings.
 */
export function clientProfileDocument(files: TemporalFiles, address: string, namespace: string): string {
  const text = (value: string): string => JSON.stringify(value);
  return [
    '# Written by Slipway at each start. Use it: TEMPORAL_CONFIG_FILE=<this file> temporal workflow list',
    '[profile.default]',
    `address = ${text(address)}`,
    `namespace = ${text(namespace)}`,
    '[profile.default.tls]',
    `client_cert_path = ${text(files.clientCertificate)}`,
    `client_key_path = ${text(files.clientKey)}`,
    `server_ca_cert_path = ${text(files.authority)}`,
    `server_name = ${text(SERVER_NAME)}`,
    '',
  ].join('\n');
}
