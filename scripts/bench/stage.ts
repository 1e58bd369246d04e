// A built Slipway of its own, with the two ways to speak to it: its API, and its Temporal.
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { readConfig } from '../../src/config.js';
import { connectionOptions } from '../../src/temporal.js';
import { Caddy } from '../../test/support/caddy.js';
import { ENGINE, removeAllOf } from '../../test/support/engine.js';
import { Slipway, type Started } from '../../test/support/slipway.js';
import { callHttp } from '../../test/support/http.js';
import type { Measurement } from './measure.js';

/** As many as post at once. */
const CONNECTIONS = 16;

/** Least work of our own, as it counts in every time taken: no waiting for what is not asked. */
export interface Api {
  get(path: string): Promise<unknown>;
  /** Throws unless it was accepted. */
  deploy(body: unknown): Promise<Started>;
}

export interface Stage {
  slipway: Slipway;
  client: Client;
  namespace: string;
  api: Api;
  /** A deployment that stays in its last step for an hour. */
  longDeployment(): Promise<string>;
  close(): Promise<void>;
}

export async function openStage({
  slots,
  engine,
  front,
}: Pick<Measurement, 'slots' | 'engine' | 'front'>): Promise<Stage> {
  const caddy = front ? await Caddy.start() : undefined;
  const slipway = await Slipway.start({
    SLIPWAY_MAX_CONCURRENT_DEPLOYMENTS: String(slots),
    SLIPWAY_CALLBACK_ALLOW: '127.0.0.1',
    ...(engine && { DOCKER_HOST: ENGINE }),
    ...(caddy && { SLIPWAY_FRONT_ADMIN: caddy.admin }),
  });
  const { namespace } = readConfig().temporal;
  const connection = await Connection.connect(await connectionOptions(slipway.temporal));
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let long: Promise<string> | undefined;
  return {
    slipway,
    namespace,
    client: new Client({ connection, namespace }),
    api: createApi(slipway, agent),
    longDeployment: () => (long ??= startLong(slipway)),
    async close() {
      agent.destroy();
      await connection.close();
      const { hostId } = slipway;
      await slipway.remove().catch(() => slipway.remove()); // a keeper may end a process just before it is killed
      if (engine) await removeAllOf(hostId);
      await caddy?.remove();
    },
  };
}

function createApi({ url, adminKey }: Slipway, agent: Agent): Api {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };

  async function call<T>(path: string, expected: number, body?: string): Promise<T> {
    const method = body === undefined ? 'GET' : 'POST';
    const { status, text } = await callHttp(`${url}${path}`, { method, headers, body, agent });
    if (status !== expected) throw new Error(`${path} answered ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  return {
    get: (path) => call(path, 200),
    deploy: (body) => call('/api/deployments', 202, JSON.stringify(body)),
  };
}

async function startLong(slipway: Slipway): Promise<string> {
  const patience = { health_check: { timeout: 3600, interval: 60 } };
  const { deployment_id: id } = await slipway.deploy(slipway.app('never-healthy', patience, { timeout: 3600 }));
  await slipway.untilStep(id, 'start');
  return id;
}

/** From the POST until Temporal says how it ended; fails unless it completed. Returns the id and milliseconds. */
export async function deployToEnd(
  { api, client }: Pick<Stage, 'api' | 'client'>,
  body: unknown,
): Promise<{ id: string; tookMs: number }> {
  const startedAt = performance.now();
  const { deployment_id: id } = await api.deploy(body);
  await resultOf(client, id);
  return { id, tookMs: performance.now() - startedAt };
}

/** The 202 comes a moment before the workflow stands. */
async function resultOf(client: Client, id: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.workflow.getHandle(id).result();
      return;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError) || tries === 100) throw error;
      await delay(5);
    }
  }
}
