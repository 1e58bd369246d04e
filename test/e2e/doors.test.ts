// Every port that a part of Slipway listens on, tried by somebody who has no key and no certificate.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { canListen } from '../../src/activities/ports/listening.js';
import { SERVER_NAME, writeCertificates } from '../../src/start/temporal/certificates.js';
import { clientTls, temporalFiles } from '../../src/start/temporal/files.js';
import { connectionOptions } from '../../src/temporal.js';
import { layout } from '../../src/contract/layout.js';
import { eventually } from '../support/eventually.js';
import { embeddedMissing, FOREIGN_TEMPORAL } from '../support/foreign-temporal.js';
import { itIf, itUnless } from '../support/jest/conditions.js';
import { about } from '../support/jest/about.js';
import { listenersOf, type Listener } from '../support/listeners.js';
import { Slipway, type Ready } from '../support/slipway.js';
import { temporal } from '../support/temporal-cli.js';

type Part = keyof Ready['pids'];
const PARTS: Part[] = ['start', 'temporal', 'worker', 'api'];
/** What each part listens on, besides nothing: a new listener has to be thought about, and added here and to the docs. */
const LISTENERS: Record<Part, number> = {
  start: 1, // the API's, which it holds for the next API
  temporal: 4, // frontend, its HTTP API, history, matching: all want a certificate
  worker: 1, // its metrics
  api: 1,
};
const ATTACK = 'attack';
const START_BODY = JSON.stringify({ workflowType: { name: 'deployment' }, taskQueue: { name: 'slipway' }, input: [] });
const NOBODY = 65_534;

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

const doorsOf = (part: Part): Listener[] => listenersOf(slipway.ready.pids[part]);
const allDoors = (): Listener[] => PARTS.flatMap(doorsOf);

/** As curl sends it, from any user of the host. Resolves with the status and what was answered; status 0 is no answer. */
async function ask(url: string, args: string[], uid?: number): Promise<{ status: number; text: string }> {
  const all = ['-sS', '-k', '--max-time', '5', '-w', '\n%{http_code}', ...args, url];
  try {
    const { stdout } = await promisify(execFile)('curl', all, { uid, gid: uid, cwd: '/' });
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    expect(stderr).toMatch(/^curl: \(\d+\)/); // refused by the other side, not by a missing curl
    return { status: 0, text: stdout.replace(/\n000$/, '') };
  }
}

itIf(FOREIGN_TEMPORAL === undefined)(
  'each process of Slipway listens only on the loopback address and on the expected number of ports',
  () => {
    const counts = Object.fromEntries(PARTS.map((part) => [part, doorsOf(part).length]));
    expect(counts).toEqual(LISTENERS);
    expect([...new Set(allDoors().map(({ address }) => address))]).toEqual(['127.0.0.1']);
  },
);

describe.each([
  ['Slipway’s own user', undefined],
  ['another user of the host', NOBODY],
] as const)('requests by %s without key and certificate', (_who, user) => {
  const uid = process.getuid?.() === 0 ? user : undefined;
  const path = `/api/v1/namespaces/default/workflows/${ATTACK}`;

  it.each([
    ['from a web page of another origin', ['-H', 'Origin: https://evil.example', '-H', 'Content-Type: text/plain']],
    [
      'from a web page whose host name resolves to the loopback address',
      ['-H', 'Host: evil.example', '-H', 'Content-Type: application/json'],
    ],
    [
      'with the host name that the HTTP API expects',
      ['-H', `Host: ${SERVER_NAME}`, '-H', 'Content-Type: application/json'],
    ],
  ])('an unauthenticated request %s can’t start or list workflows on any port', async (_how, headers) => {
    for (const { port } of allDoors())
      for (const scheme of ['http', 'https']) {
        const base = `${scheme}://127.0.0.1:${port}`;
        const started = await ask(`${base}${path}`, [...headers, '-d', START_BODY], uid);
        about(`${base} answered ${started.status}`, () => {
          expect(started.status === 0 || started.status >= 400).toBe(true);
        });
        const listed = await ask(`${base}/api/v1/namespaces/default/workflows`, headers, uid);
        expect(listed.text).not.toContain('gate');
      }
    expect(await temporal(slipway, 'workflow', 'list')).not.toContain(ATTACK);
  });
});

/** Of what the server reads. */
interface ServerConfig {
  services: { history: { rpc: { grpcPort: number } } };
}

describe('Temporal’s gRPC port', () => {
  const another = mkdtempSync(join(tmpdir(), 'slipway-another-'));
  beforeAll(async () => {
    mkdirSync(join(another, 'temporal'));
    await writeCertificates(temporalFiles(layout(another)));
  });
  afterAll(() => {
    rmSync(another, { recursive: true });
  });

  const own = () => temporalFiles(layout(slipway.dataDir));
  const connect = async (tls: object | undefined): Promise<void> => {
    const address = slipway.ready.temporal_address;
    const options = tls === undefined ? { address } : await connectionOptions({ address, namespace: 'default', tls });
    const connection = await Connection.connect({ ...options, connectTimeout: '3s' });
    try {
      await connection.workflowService.getClusterInfo({});
    } finally {
      await connection.close();
    }
  };

  itUnless(embeddedMissing)('Temporal accepts only clients with a certificate of this installation', async () => {
    await expect(connect(clientTls(own()))).resolves.toBeUndefined();
    await expect(connect(undefined)).rejects.toThrow();
    const { serverCaPath, serverName } = clientTls(own());
    await expect(connect({ serverCaPath, serverName })).rejects.toThrow();
    const { clientCertPath, clientKeyPath } = clientTls(temporalFiles(layout(another)));
    await expect(connect({ serverCaPath, serverName, clientCertPath, clientKeyPath })).rejects.toThrow();
  });

  itUnless(embeddedMissing)(
    'a client that trusts another installation refuses the connection to Temporal',
    async () => {
      await expect(connect(clientTls(temporalFiles(layout(another))))).rejects.toThrow();
    },
  );

  itUnless(embeddedMissing)(
    'each start makes new certificates for Temporal, even if files are missing or belong to another installation',
    async () => {
      const before = readFileSync(own().clientCertificate, 'utf8');
      await slipway.down();
      copyFileSync(temporalFiles(layout(another)).authority, own().authority);
      rmSync(own().clientKey);
      await slipway.up();
      expect(readFileSync(own().clientCertificate, 'utf8')).not.toBe(before);
      expect(existsSync(own().clientKey)).toBe(true);
      await expect(connect(clientTls(own()))).resolves.toBeUndefined();
    },
  );

  itUnless(embeddedMissing)(
    'Temporal starts again although another program took one of its internal ports',
    async () => {
      const { pids } = slipway.ready;
      const { services } = JSON.parse(readFileSync(own().serverConfig, 'utf8')) as ServerConfig;
      const history = services.history.rpc.grpcPort;
      slipway.startProcess.kill('SIGSTOP'); // so that nothing is started again yet
      process.kill(pids.temporal, 'SIGKILL');
      await eventually(() => canListen(history, '127.0.0.1')); // its threads end one by one
      const squatter = createServer().listen(history, '127.0.0.1');
      await once(squatter, 'listening');
      slipway.startProcess.kill('SIGCONT');
      await eventually(() => slipway.ready.pids.temporal !== pids.temporal, { timeoutMs: 30_000 });
      await eventually(() => connect(clientTls(own())).then(() => true), { timeoutMs: 30_000 });
      await slipway.waitReady();
      expect(doorsOf('temporal').map(({ port }) => port)).not.toContain(history);
      squatter.close();
    },
  );
});

itIf(FOREIGN_TEMPORAL === undefined)(
  'Temporal’s environment contains no Slipway settings, and core dumps of Temporal are disabled',
  () => {
    const { temporal: pid } = slipway.ready.pids;
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    expect(environment).not.toContain('SLIPWAY_');
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 /m);
  },
);
