// The API as a process: config, connect, listen, close.
import { Client, Connection, QueryRejectCondition } from '@temporalio/client';
import { pino } from 'pino';
import { readConfig } from '../config.js';
import { openDataFolder } from '../data-folder.js';
import { runProcess } from '../process-life.js';
import { createResourceMeter } from '../resources.js';
import { connectionOptions } from '../temporal.js';
import { createGateway } from './gateway.js';
import { createHttpServer } from './http-server.js';
import { openAudit } from './audit.js';
import { openKeyRing } from './keys.js';
import { openPolicies } from './policies.js';
import { createApp } from './server.js';
import { createStreams } from './streams.js';

/** Requests under way may end; idle connections are closed at once. */
const DRAIN_MS = 3_000;

await runProcess(async (life) => {
  const config = readConfig();
  const log = pino({ level: config.logLevel, base: { part: 'api' } });
  const folder = await openDataFolder(config);
  const keys = await openKeyRing(folder.layout);
  const policies = await openPolicies(config.policyFile);
  // Lazy: the API answers (503) while Temporal is still away.
  const connection = Connection.lazy(await connectionOptions(config.temporal));
  const { namespace } = config.temporal;
  const client = new Client({
    connection,
    namespace,
    workflow: { queryRejectCondition: QueryRejectCondition.NOT_OPEN },
  });
  const gateway = createGateway(client, namespace);
  const streams = createStreams({ gateway, layout: folder.layout, language: config.language });
  const app = createApp({
    config,
    folder,
    keys,
    policies,
    audit: openAudit(folder.layout.auditLog),
    log,
    gateway,
    streams,
    resources: createResourceMeter(config.dataDir),
    draining: () => life.stopping,
  });
  const server = createHttpServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.apiPort, config.apiHost, resolve);
  });
  log.info({ host: config.apiHost, port: config.apiPort }, 'the API listens');
  await life.stop;
  streams.close();
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
    setTimeout(() => {
      server.closeAllConnections();
    }, DRAIN_MS).unref();
  });
  await connection.close();
}, 'api');
