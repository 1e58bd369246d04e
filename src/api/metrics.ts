// The metrics for Prometheus (`GET /metrics`): the API's calls and process, the gate's slots and counters, and all
// metrics of the worker, including the Temporal SDK's.
import { readFile } from 'node:fs/promises';
import type { Request, RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ifThere } from '../files.js';
import type { ApiDeps } from './deps.js';
import { shared } from './shared-answer.js';

/** The time after which a worker that doesn't respond counts as down. */
const WORKER_ANSWERS_WITHIN_MS = 1_000;
/** The maximum size of the worker's metrics. A worker returns about 200 kB. */
const MOST_WORKER_BYTES = 4 * 1024 * 1024;
/** The buckets range from a read, which takes a few milliseconds, to a cancellation that waits for its end. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Metrics {
  /** Measures each call by its route. With ids in the label, each deployment would create its own series. */
  measure: RequestHandler;
  /** Returns the metrics in Prometheus' text format. */
  text(): Promise<string>;
}

type MetricsDeps = Pick<ApiDeps, 'gateway' | 'config' | 'folder' | 'lostLogLines'>;

export function createMetrics({ gateway, config, folder, lostLogLines }: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'slipway_api_' });
  const calls = new Histogram({
    name: 'slipway_http_request_seconds',
    help: 'Calls of the API, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  new Counter({
    name: 'slipway_api_log_lines_lost_total',
    help: 'Lines of the API’s own log that its disk did not take',
    registers,
    collect() {
      this.reset();
      this.inc(lostLogLines());
    },
  });
  const gauge = (name: string, help: string) => new Gauge({ name: `slipway_${name}`, help, registers });
  const temporalUp = gauge('temporal_up', 'Whether the gate answers');
  const workerUp = gauge('worker_up', 'Whether the worker of this host tells its metrics');
  const slots = gauge('slots', 'How many deployments may run at once');
  const active = gauge('slots_active', 'How many do');
  const queued = gauge('queue_length', 'How many wait for a slot');
  const ended = new Counter({
    name: 'slipway_deployments_total',
    help: 'Deployments that ended, by result; kept over restarts',
    labelNames: ['result'],
    registers,
  });

  /** Reads the current values. Nothing is cached here. */
  async function askGate(): Promise<void> {
    const load = await gateway.readLoad().catch(() => undefined); // counts as down
    temporalUp.set(load ? 1 : 0);
    ended.reset();
    if (!load) return;
    slots.set(load.limit);
    active.set(load.active.length);
    queued.set(load.queued.length);
    const { completed, failed, cancelled } = load.counters;
    for (const [result, count] of Object.entries({ completed, failed, cancelled })) ended.inc({ result }, count);
  }

  async function askWorker(): Promise<string> {
    const address = config.workerMetrics ?? (await ifThere(readFile(folder.layout.workerMetrics, 'utf8')))?.trim();
    const text = address && (await textAt(`http://${address}/metrics`));
    workerUp.set(text ? 1 : 0);
    return text ?? '';
  }

  const gateAsked = shared(askGate);
  const workerAsked = shared(askWorker);

  return {
    measure(req, res, next) {
      const measured = calls.startTimer({ method: req.method });
      res.once('close', () => {
        // A stream lasts as long as the client reads.
        if (String(res.getHeader('Content-Type')).startsWith('text/event-stream')) return;
        measured({ route: routeOf(req), status: res.statusCode });
      });
      next();
    },
    async text() {
      const [, ofWorker] = await Promise.all([gateAsked(), workerAsked()]);
      return `${await registry.metrics()}\n${ofWorker}`;
    },
  };
}

/** Returns the route as declared. Express has the mount path only while it handles the request. */
function routeOf({ route, originalUrl }: Request): string {
  const path = (route as { path?: string } | undefined)?.path;
  if (path === undefined) return 'none';
  return originalUrl.startsWith('/api/') ? `/api${path}` : path;
}

/**
 * Reads the worker's metrics. Returns undefined if the metrics exceed the limit, so that partial metrics are never
 * merged.
 */
async function boundedText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MOST_WORKER_BYTES) return undefined; // also closes the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function textAt(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(WORKER_ANSWERS_WITHIN_MS) });
    return answer.ok ? await boundedText(answer) : undefined;
  } catch {
    return undefined; // counts as down
  }
}
