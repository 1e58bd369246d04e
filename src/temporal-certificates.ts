// Creates the certificates of a Temporal server that runs next to Slipway. A job of docker-compose.yml runs this once:
// `node dist/temporal-certificates.js SERVER_FOLDER CLIENT_FOLDER`. The containers run as different users, so all users
// can read the files; the folders limit the access.
import { chmod, copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { ifThere } from './files.js';
import { runProcess } from './process-life.js';
import { writeCertificates } from './start/temporal/certificates.js';
import { temporalFiles } from './start/temporal/files.js';

const READABLE = 0o444;

await runProcess(async () => {
  const [server, client] = process.argv.slice(2);
  if (server === undefined || client === undefined)
    throw new Error('Name the folders of the server and of its clients');
  if (await areComplete(server, client)) return;
  for (const folder of [server, client]) await mkdir(folder, { recursive: true });
  await makeCertificates(server, client);
});

/**
 * Returns true if the certificates are complete. The authority's certificate is written last to both folders, so the
 * set is complete if both have the same certificate.
 */
async function areComplete(server: string, client: string): Promise<boolean> {
  const [ofServer, ofClient] = await Promise.all(
    [server, client].map((folder) => ifThere(readFile(`${folder}/ca.pem`))),
  );
  return ofServer !== undefined && ofClient !== undefined && ofServer.equals(ofClient);
}

async function makeCertificates(server: string, client: string): Promise<void> {
  for (const folder of [server, client]) await rm(`${folder}/ca.pem`, { force: true });
  const files = {
    ...temporalFiles({ temporalFiles: client, temporalProfile: `${client}/temporal.toml` }),
    authority: `${client}/new-ca.pem`,
    serverCertificate: `${server}/server.pem`,
    serverKey: `${server}/server.key`,
  };
  const { authority, serverCertificate, serverKey, clientCertificate, clientKey } = files;
  await writeCertificates(files);
  for (const file of [authority, serverCertificate, serverKey, clientCertificate, clientKey])
    await chmod(file, READABLE);
  await copyFile(authority, `${server}/ca.pem`);
  await rename(authority, `${client}/ca.pem`);
}
