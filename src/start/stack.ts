// The parts that run together: started in order, told in ready.json for as long as that is true, stopped in reverse.
import { rm } from 'node:fs/promises';
import { tellSettings } from '../config.js';
import type { Layout } from '../contract/layout.js';
import { API_VERSION } from '../contract/views.js';
import { writeJson, type Claim } from './claim.js';
import { recordWorkerEnd } from '../process-end.js';
import { Part, type ProcessEnd } from './part.js';

const WRITE_AGAIN_MS = 2000;

/** Where everything is: what `ready.json` tells beside the pids (contract §10). */
export interface Place {
  apiUrl: string;
  webUiUrl: string | null;
  temporalAddress: string;
}

export interface PartSpec {
  name: 'temporal' | 'worker' | 'api';
  argv: [string, ...string[]];
  env: Record<string, string>;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
  /** A listening socket of this process that each of its processes inherits. */
  listensOn?: number;
  /** Before each process, also one that is started again. */
  prepare?: () => Promise<void>;
  ready: () => Promise<void>;
}

export class Stack {
  /** Latest first: the order in which they are stopped. */
  readonly #parts: Part[] = [];
  #place: Place | undefined;
  #isStopping = false;

  constructor(
    readonly layout: Layout,
    readonly claim: Claim,
  ) {}

  /** Resolves when the part is ready. One that is not leaves nothing behind, nor one that a stop meets on its way. */
  async start(spec: PartSpec): Promise<void> {
    if (this.#isStopping) throw new Error(`${spec.name} is not started any more`);
    const logFile = `${this.layout.logs}/slipway/${spec.name}.log`;
    const onProcess: Part['options']['onProcess'] = (process) =>
      this.#keepBooks(async () => {
        await this.claim.note(spec.name, process);
        if (this.#place) await this.tellReady(this.#place);
      });
    const onEnd = (end: ProcessEnd): Promise<void> => recordWorkerEnd(this.layout, { ...end, at: Date.now() });
    const part = new Part({ ...spec, logFile, onProcess, ...(spec.name === 'worker' && { onEnd }) });
    this.#parts.unshift(part);
    try {
      await part.start();
    } catch (error) {
      await part.stop();
      this.#parts.splice(this.#parts.indexOf(part), 1);
      throw error;
    }
  }

  /** Written now, and again whenever a part had to be started again. */
  async tellReady(place: Place): Promise<void> {
    this.#place = place;
    await writeJson(this.layout.readyFile, () => ({
      api_url: place.apiUrl,
      web_ui_url: place.webUiUrl,
      temporal_address: place.temporalAddress,
      pids: { start: process.pid, ...Object.fromEntries(this.#parts.map(({ options, pid }) => [options.name, pid])) },
      version: API_VERSION,
      settings: tellSettings(),
    }));
  }

  /** Where a full disk takes no new text, the old one goes: it would tell what is no longer so. Tried until it is written. */
  async #keepBooks(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      await rm(this.layout.readyFile, { force: true });
      const again = setTimeout(() => {
        if (!this.#isStopping) void this.#keepBooks(write).catch(() => undefined); // it has been said the first time
      }, WRITE_AGAIN_MS);
      again.unref();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#place = undefined;
    for (const part of [...this.#parts]) await part.stop();
  }
}
