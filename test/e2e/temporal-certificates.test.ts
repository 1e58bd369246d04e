// The embedded server with certificates that Slipway itself never makes: of an authority that can still sign.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import { readConfig } from '../../src/config.js';
import { layout } from '../../src/contract/layout.js';
import {
  CLIENT_AUTH,
  createAuthority,
  issue,
  SERVER_AUTH,
  SERVER_NAME,
} from '../../src/start/temporal/certificates.js';
import { keepPlace, serverArgv, untilServing, writeClientFiles } from '../../src/start/temporal/embedded-server.js';
import { temporalFiles } from '../../src/start/temporal/files.js';
import { getTemporalServer } from '../../src/start/temporal/server-program.js';
import { THRIFTY_GO } from '../support/thrifty-go.js';

const PAST = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-01-01T00:00:00Z') };
const TO_COME = { notBefore: new Date('2100-01-01T00:00:00Z'), notAfter: new Date('2101-01-01T00:00:00Z') };
const root = mkdtempSync(join(tmpdir(), 'slipway-certificates-'));
const files = temporalFiles(layout(root));

type Pair = Awaited<ReturnType<typeof issue>>;
let authority: Awaited<ReturnType<typeof createAuthority>>;
let own: Pair;
let address: string;
let end: () => Promise<void>;

beforeAll(async () => {
  const { place, writeServerFiles, giveUp } = await keepPlace(files);
  ({ address } = place);
  await writeClientFiles(files, place, 'default');
  await writeServerFiles(undefined);
  authority = await createAuthority();
  const server = await issue(authority, 'server', [SERVER_AUTH, CLIENT_AUTH], { dnsName: SERVER_NAME });
  own = await issue(authority, 'client', [CLIENT_AUTH]);
  writeFileSync(files.authority, authority.certificate.toString('pem'));
  writeFileSync(files.serverCertificate, server.certificate);
  writeFileSync(files.serverKey, server.key);
  writeFileSync(files.clientCertificate, own.certificate);
  writeFileSync(files.clientKey, own.key);
  const { path } = await getTemporalServer(readConfig({ PATH: process.env.PATH, HOME: process.env.HOME }));
  const [program, ...args] = serverArgv(path, files);
  const running = execa(program, args, { env: THRIFTY_GO, stdio: 'ignore', reject: false });
  end = async () => {
    running.kill();
    await running;
    giveUp();
    rmSync(root, { recursive: true });
  };
  await untilServing({ ...place, namespace: 'default' });
});
afterAll(() => end());

async function callAs({ certificate, key }: Pair): Promise<string> {
  const tls = {
    serverNameOverride: SERVER_NAME,
    serverRootCACertificate: Buffer.from(authority.certificate.toString('pem')),
    clientCertPair: { crt: Buffer.from(certificate), key: Buffer.from(key) },
  };
  const connection = await Connection.connect({ address, tls, connectTimeout: '3s' });
  try {
    return (await connection.workflowService.getClusterInfo({})).serverVersion;
  } finally {
    await connection.close();
  }
}

it('Temporal accepts a client certificate of its authority', async () => {
  await expect(callAs(own)).resolves.toMatch(/^1\.29\./);
});

it.each([
  ['has expired', PAST],
  ['isn’t valid yet', TO_COME],
])('Temporal refuses a client certificate that %s', async (_how, validity) => {
  await expect(callAs(await issue(authority, 'client', [CLIENT_AUTH], { validity }))).rejects.toThrow();
});

it('Temporal refuses a server certificate and a certificate with another key from a client', async () => {
  await expect(callAs(await issue(authority, 'client', [SERVER_AUTH]))).rejects.toThrow();
  const { key } = await issue(authority, 'client', [CLIENT_AUTH]);
  await expect(callAs({ certificate: own.certificate, key })).rejects.toThrow();
});

it('Temporal refuses TLS versions older than 1.2', async () => {
  const [host, port] = address.split(':');
  const attempt = (version: 'TLSv1.1' | 'TLSv1.2') =>
    new Promise<string>((resolve) => {
      const socket = connect({
        host,
        port: Number(port),
        servername: SERVER_NAME,
        ca: authority.certificate.toString('pem'),
        cert: own.certificate,
        key: own.key,
        minVersion: version,
        maxVersion: version,
        ciphers: 'ALL:@SECLEVEL=0', // so that this side would speak the old version
        ALPNProtocols: ['h2'],
      });
      socket.once('secureConnect', () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? error.message);
      });
    });
  expect(await attempt('TLSv1.2')).toBe('TLSv1.2');
  expect(await attempt('TLSv1.1')).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|HANDSHAKE_FAILURE|ECONNRESET/);
});
