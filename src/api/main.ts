// The API process: reads the configuration, connects, listens, and closes.
import { Client, Connection, QueryRejectCondition } from '@temporalio/client';
import { warningsForLog } from '../config-warnings.js';
import { inheritedSocket, readConfig } from '../config.js';
import { openDataFolder } from '../data-folder.js';
import { openProcessLog } from '../process-log.js';
import { repeatPrematureQueries } from '../premature-queries.js';
import { runProcess } from '../process-life.js';
import { temporalUiArchive } from '../programs.js';
import { createResourceMeter } from '../resources.js';
import { connectionOptions } from '../temporal.js';
import { createGateway } from './gateway.js';
import { createHttpServer } from './http-server.js';
import { openAudit } from './audit.js';
import { openKeyStarts } from './key-starts.js';
import { openKeyRing } from './keys.js';
import { openLoginCodes } from './login-codes.js';
import { openPolicies } from './policies.js';
import { createApp } from './server.js';
import { createStreams } from './streams.js';
import { temporalRetries } from './temporal-retries.js';
import { connectHttpApi } from './temporal-ui/http-api.js';

/** The time for running requests to end. Idle connections are closed immediately. */
const DRAIN_MS = 3_000;

await runProcess(async (life) => {
  const config = readConfig();
  const { log, lostLines } = openProcessLog(config.logLevel, 'api');
  for (const warning of warningsForLog(config)) log.warn(warning);
  const folder = await openDataFolder(config);
  const keys = await openKeyRing(folder.layout);
  const policies = await openPolicies(config.policyFile, (message) => {
    log.warn({ file: config.policyFile }, message);
  });
  // Lazy: the API responds with 503 while Temporal is unavailable.
  const connection = Connection.lazy({
    ...(await connectionOptions(config.temporal)),
    interceptors: [temporalRetries()],
  });
  const { namespace } = config.temporal;
  const client = new Client({
    connection,
    namespace,
    workflow: { queryRejectCondition: QueryRejectCondition.NOT_OPEN },
    interceptors: { workflow: [repeatPrematureQueries] },
  });
  const gateway = createGateway(client, namespace);
  const streams = createStreams({
    gateway,
    layout: folder.layout,
    language: config.language,
    limits: { perKey: config.streamsPerKey, inAll: config.streams },
  });
  const temporalHttp = await connectHttpApi(config.temporal);
  const app = createApp({
    config,
    folder,
    keys,
    keyStarts: openKeyStarts(folder.layout.keyStarts),
    policies,
    audit: openAudit(folder.layout.auditLog, config.auditDays),
    log,
    lostLogLines: lostLines,
    gateway,
    streams,
    loginCodes: openLoginCodes(folder.layout.loginCodes),
    temporalHttp,
    temporalUiArchive: temporalUiArchive(config),
    resources: createResourceMeter(config.dataDir),
    draining: () => life.stopping,
  });
  const server = createHttpServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const fd = inheritedSocket();
    if (fd === undefined) server.listen(config.apiPort, config.apiHost, resolve);
    else server.listen({ fd }, resolve);
  });
  log.info(server.address(), 'the API listens');
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
  temporalHttp?.close();
  await connection.close();
}, 'api');
