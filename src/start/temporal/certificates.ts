// The certificates of the embedded Temporal server, created at each start. The server rejects connections without a
// certificate.
import { rm } from 'node:fs/promises';
import { webcrypto } from 'node:crypto';
import 'reflect-metadata'; // a dependency of the next import requires it
import * as x509 from '@peculiar/x509';
import { replaceFile } from '../../files.js';
import type { TemporalFiles } from './files.js';

/** The name in the server's certificate. Clients connect by address and verify this name. */
export const SERVER_NAME = 'temporal.slipway.internal';

const KEY_ALGORITHM = { name: 'Ed25519' };

type KeyPair = webcrypto.CryptoKeyPair;
/**
 * The certificates are valid until the next start replaces them, however long this one runs. They must also stay valid
 * if the clock is set back (RFC 5280, section 4.1.2.5: the end date that means "none").
 */
const VALIDITY = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('9999-12-31T23:59:59Z') };
/** Object identifiers of RFC 5280, section 4.2.1.12. */
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

interface Authority {
  certificate: x509.X509Certificate;
  keys: KeyPair;
}

/**
 * Writes a certificate authority's certificate, and a certificate with key each for the server and for its clients. The
 * authority's own key is never stored, so nobody can sign another certificate that the server accepts.
 */
export async function writeCertificates(files: TemporalFiles): Promise<void> {
  const authority = await createAuthority();
  // The server's parts are also clients of each other.
  const server = await issue(authority, 'server', [SERVER_AUTH, CLIENT_AUTH], { dnsName: SERVER_NAME });
  const client = await issue(authority, 'client', [CLIENT_AUTH]);
  // A start that is interrupted in between leaves no certificate and key that don't match.
  await rm(files.clientKey, { force: true });
  await replaceFile(files.authority, `${authority.certificate.toString('pem')}\n`);
  await replaceFile(files.serverCertificate, server.certificate);
  await replaceFile(files.serverKey, server.key);
  await replaceFile(files.clientCertificate, client.certificate);
  await replaceFile(files.clientKey, client.key);
}

export async function createAuthority(): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...VALIDITY,
    name: 'CN=Slipway embedded Temporal',
    keys,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

export async function issue(
  authority: Authority,
  name: string,
  usages: string[],
  { dnsName, validity = VALIDITY }: { dnsName?: string; validity?: typeof VALIDITY } = {},
): Promise<{ certificate: string; key: string }> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: `CN=Slipway Temporal ${name}`,
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
      ...(dnsName === undefined ? [] : [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: dnsName }])]),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: `${certificate.toString('pem')}\n`, key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` };
}

const newKeys = (): Promise<KeyPair> =>
  webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']) as Promise<KeyPair>;
