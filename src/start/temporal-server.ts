// The embedded Temporal server: its ports, its flags, its version stamp, its retention.
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import type { Config } from '../config.js';
import { SlipwayError } from '../contract/errors.js';
import type { Layout } from '../contract/layout.js';
import { SEARCH_ATTRIBUTES } from '../contract/names.js';
import { ifThere } from '../files.js';
import { keepPort } from './kept-port.js';

const FIRST_PORT = 7233;
const FIRST_UI_PORT = 8233;
const READY_MS = 60_000;
const DAY_SECONDS = 24 * 60 * 60;

/** Without these every step costs 100 ms: the dev server's one shard hands tasks out 20 times a second (ADR 002). */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=10000',
  'history.timerProcessorMaxPollRPS=10000',
  'history.visibilityProcessorMaxPollRPS=1000',
  'history.maxInFlightUpdates=1000',
  // With fast hand-out and several partitions some tasks would wait 2 s for a poller on another one.
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];
/** Safe against kills of the process; a power cut may take the last commits. */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

export interface TemporalPlace {
  address: string;
  port: number;
  uiPort: number;
  uiUrl: string;
  /** The usual ports were taken. */
  moved: boolean;
}

/** The usual ports, or the next free ones: kept for as long as this process lives, or until they are given up. */
export async function findPlace(): Promise<TemporalPlace & { giveUp: () => void }> {
  const frontend = await keepPort(FIRST_PORT);
  const ui = await keepPort(FIRST_UI_PORT);
  return {
    address: `127.0.0.1:${frontend.port}`,
    port: frontend.port,
    uiPort: ui.port,
    uiUrl: `http://127.0.0.1:${ui.port}`,
    moved: frontend.port !== FIRST_PORT || ui.port !== FIRST_UI_PORT,
    giveUp: () => {
      frontend.release();
      ui.release();
    },
  };
}

export function serverArgv(
  program: string,
  { port, uiPort }: TemporalPlace,
  database: string | undefined,
  namespace: string,
): [string, ...string[]] {
  const flags = [
    ...(database === undefined
      ? []
      : ['--db-filename', database, ...SQLITE_PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma])]),
    ...Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
  ];
  const place = ['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort), '--namespace', namespace];
  return [program, 'server', 'start-dev', ...place, '--log-level', 'error', ...flags];
}

/** Its database is only read by the version that wrote it: another one is refused, not tried. */
export async function stampVersion(program: string, at: Layout): Promise<void> {
  const { stdout } = await execa(program, ['--version']);
  const found = /Server ([\w.-]+)/.exec(stdout)?.[1] ?? stdout.trim();
  const stamped = await ifThere(readFile(at.temporalVersion, 'utf8'));
  if (stamped === undefined) await writeFile(at.temporalVersion, `${found}\n`, { mode: 0o600 });
  else if (stamped.trim() !== found) {
    throw new SlipwayError('start_failed', {
      text: 'start_failed.version',
      params: { stamped: stamped.trim(), found },
    });
  }
}

/** Resolves when the server answers and has its namespace. */
export async function untilServing(address: string, namespace: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      await withConnection(address, async ({ workflowService }) => {
        await workflowService.describeNamespace({ namespace });
      });
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        const reason = `Temporal at ${address} does not answer (${error instanceof Error ? error.message : String(error)})`;
        throw new SlipwayError('temporal_unavailable', { text: 'start_failed', params: { reason }, cause: error });
      }
      await delay(50);
    }
  }
}

/** History is kept as long as asked; only on the server that is ours. */
export async function setRetention(address: string, { temporal, retentionDays }: Config): Promise<void> {
  await withConnection(address, async ({ workflowService }) => {
    const workflowExecutionRetentionTtl = { seconds: retentionDays * DAY_SECONDS };
    await workflowService.updateNamespace({
      namespace: temporal.namespace,
      config: { workflowExecutionRetentionTtl },
    } as never);
  });
}

async function withConnection<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: '1s' });
  try {
    return await connection.withDeadline(Date.now() + 5_000, () => work(connection));
  } finally {
    await connection.close();
  }
}
