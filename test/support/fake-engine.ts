// An engine that a test plays, over HTTP on a socket of its own: for what the real one does too seldom, or never.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { LABELS } from '../../src/activities/ports/docker/labels.js';
import { HEALTH, SERVICE } from './host.js';

type Answer = (res: ServerResponse) => void;

/** By the path that is asked for, without version and query: `/_ping`, `/containers/json`, `/events`, … */
type Answers = Record<string, Answer>;

export const json =
  (value: unknown, status = 200): Answer =>
  (res) =>
    void res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
/** It takes the question, and never answers. */
export const silent: Answer = () => undefined;
/** It begins to answer, and never ends. */
export const halfAnswered: Answer = (res) => void res.writeHead(200).write('[');

export class FakeEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-engine-'));
  readonly socket = join(this.folder, 'engine.sock');
  readonly docker = new Docker({ socketPath: this.socket });
  #server: Server | undefined;

  constructor(public answers: Answers = {}) {}

  async join(): Promise<void> {
    const server = createServer((req, res) => {
      const url = new URL(req.url ?? '', 'http://engine');
      const answer = this.answers[url.pathname] ?? json({ message: `nobody expected ${req.url ?? ''}` }, 404);
      answer(res);
    });
    await new Promise<void>((resolve) => server.listen(this.socket, resolve));
    this.#server = server;
  }

  /** As an engine that is stopped: its connections end, and nobody listens. */
  cut(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = undefined;
  }

  close(): void {
    this.cut();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the engine tells of an app's container. */
export function containerOf(instanceId: string, status = 'running'): object {
  const facts = { instanceId, service: SERVICE, deploymentId: 'd1', kind: 'worker', health: HEALTH };
  const labels = { [LABELS.instance]: instanceId, [LABELS.facts]: JSON.stringify(facts) };
  return {
    Id: instanceId,
    Created: '2026-01-01T00:00:00Z',
    Config: { Labels: labels, Env: [] },
    Labels: labels,
    Names: [`/slipway.${instanceId}`],
    State: { Status: status, StartedAt: '2026-01-01T00:00:00Z', FinishedAt: '2026-01-01T00:00:01Z', ExitCode: 0 },
    NetworkSettings: { Ports: {} },
  };
}

/** A message of a container's log, as it stands in the stream. */
export function logFrame(stream: 1 | 2, message: string, ts: string): Buffer {
  const body = Buffer.from(`${ts} ${message}`);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}
