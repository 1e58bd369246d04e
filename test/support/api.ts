// The API itself over HTTP, in this process: real keys and a data folder, and a gateway that a test makes up.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { ApiDeps } from '../../src/api/deps.js';
import type { Gateway } from '../../src/api/gateway.js';
import type { Pace } from '../../src/api/event-sender.js';
import { createHttpServer, type Patience } from '../../src/api/http-server.js';
import { openAudit } from '../../src/api/audit.js';
import { openKeyStarts } from '../../src/api/key-starts.js';
import { openKeyRing } from '../../src/api/keys.js';
import { openLoginCodes } from '../../src/api/login-codes.js';
import { openPolicies } from '../../src/api/policies.js';
import { createApp } from '../../src/api/server.js';
import { createStreams } from '../../src/api/streams.js';
import { readConfig, type Config } from '../../src/config.js';
import { openDataFolder } from '../../src/data-folder.js';

export interface ApiAnswer {
  status: number;
  body: { code?: string; detail?: string } & Record<string, unknown>;
}

export interface TestApi {
  /** What its app was made of. */
  deps: ApiDeps;
  url: string;
  /** Of an admin. */
  key: string;
  /** The data folder. */
  dataDir: string;
  /** A folder that a `directory` source may name. */
  sources: string;
  /** What the next calls meet in place of Temporal; a call that is not in it fails. */
  gateway: Partial<Gateway>;
  /** Settings that change between calls, as between two starts. */
  config: Partial<Config>;
  call(
    path: string,
    options?: { method?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<ApiAnswer>;
  /** How many are open. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** `env`: settings that stand from the start on. */
export async function startApi(
  env: Record<string, string> = {},
  { pace, patience }: { pace?: Pace; patience?: Patience } = {},
): Promise<TestApi> {
  const home = mkdtempSync(join(tmpdir(), 'slipway-api-'));
  const sources = join(home, 'sources');
  mkdirSync(sources);
  const base = readConfig({ SLIPWAY_DATA_DIR: join(home, 'data'), SLIPWAY_SOURCE_ROOTS: sources, ...env });
  const folder = await openDataFolder(base);
  const keys = await openKeyRing(folder.layout);
  const api = { sources, gateway: {}, config: {} } as TestApi;
  const nothingServes: Partial<Gateway> = { readLastView: () => Promise.resolve(undefined) }; // each start asks
  const gateway = new Proxy({} as Gateway, {
    get: (_none, name) => api.gateway[name as keyof Gateway] ?? nothingServes[name as keyof Gateway],
  });
  const limits = { perKey: base.streamsPerKey, inAll: base.streams };
  const streams = createStreams({ gateway, layout: folder.layout, language: base.language, limits, pace });
  const deps: ApiDeps = {
    config: new Proxy({} as Config, { get: (_none, name) => ({ ...base, ...api.config })[name as keyof Config] }),
    folder,
    keys,
    keyStarts: openKeyStarts(folder.layout.keyStarts),
    policies: await openPolicies(base.policyFile),
    audit: openAudit(folder.layout.auditLog),
    log: pino({ enabled: false }),
    lostLogLines: () => 0,
    gateway,
    streams,
    loginCodes: openLoginCodes(folder.layout.loginCodes),
    temporalHttp: undefined,
    temporalUiArchive: join(home, 'no-archive.zip'),
    resources: { measure: () => Promise.resolve({ cpu_percent: 1, memory_percent: 1, disk_percent: 1 }) },
    draining: () => false,
  };
  const server = createHttpServer(createApp(deps), patience);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = readFileSync(folder.layout.adminKey, 'utf8').trim();
  Object.assign(api, { deps, url, key, dataDir: folder.layout.root });

  api.call = async (path, { method, body, headers } = {}) => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(`${url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {}) as ApiAnswer['body'],
    };
  };
  api.connections = () => promisify(server.getConnections.bind(server))();
  api.close = async () => {
    streams.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(home, { recursive: true });
  };
  return api;
}
