// The parts that run together. They start in order and stop in reverse. `ready.json` has their addresses and pids.
import { rm } from 'node:fs/promises';
import { describeSettings } from '../config.js';
import type { Layout } from '../contract/layout.js';
import { API_VERSION } from '../contract/views.js';
import { writeJson, type DataFolderLock } from './data-folder-lock.js';
import { recordWorkerEnd } from '../process-end.js';
import { ManagedProcess, type ProcessEnd } from './managed-process.js';

const WRITE_AGAIN_MS = 2000;

/** The addresses that `ready.json` has beside the pids. */
export interface Place {
  apiUrl: string;
  webUiUrl: string | null;
  temporalAddress: string;
}

export interface PartSpec {
  name: 'temporal' | 'worker' | 'api';
  argv: [string, ...string[]];
  env: Record<string, string>;
  /** The time between SIGTERM and SIGKILL. */
  graceMs: number;
  /** A listening socket of this process that each of the part's processes inherits. */
  listensOn?: number;
  /** Called before each process, including restarts. */
  prepare?: () => Promise<void>;
  ready: () => Promise<void>;
}

export class Stack {
  /** Latest first, which is the order in which they are stopped. */
  readonly #parts: ManagedProcess[] = [];
  #place: Place | undefined;
  #isStopping = false;

  constructor(
    readonly layout: Layout,
    readonly claim: DataFolderLock,
  ) {}

  /** Resolves when the part is ready. A part that fails to start, or that a stop interrupts, is stopped again. */
  async start(spec: PartSpec): Promise<void> {
    if (this.#isStopping) throw new Error(`${spec.name} is not started any more`);
    const logFile = `${this.layout.logs}/slipway/${spec.name}.log`;
    const onProcess: ManagedProcess['options']['onProcess'] = (process) =>
      this.#keepBooks(async () => {
        await this.claim.note(spec.name, process);
        if (this.#place) await this.tellReady(this.#place);
      });
    const onEnd = (end: ProcessEnd): Promise<void> => recordWorkerEnd(this.layout, { ...end, at: Date.now() });
    const part = new ManagedProcess({ ...spec, logFile, onProcess, ...(spec.name === 'worker' && { onEnd }) });
    this.#parts.unshift(part);
    try {
      await part.start();
    } catch (error) {
      await part.stop();
      this.#parts.splice(this.#parts.indexOf(part), 1);
      throw error;
    }
  }

  /** Writes `ready.json`, now and after each restart of a part. */
  async tellReady(place: Place): Promise<void> {
    this.#place = place;
    await writeJson(this.layout.readyFile, () => ({
      api_url: place.apiUrl,
      web_ui_url: place.webUiUrl,
      temporal_address: place.temporalAddress,
      pids: { start: process.pid, ...Object.fromEntries(this.#parts.map(({ options, pid }) => [options.name, pid])) },
      version: API_VERSION,
      settings: describeSettings(),
    }));
  }

  /**
   * Runs a write, and repeats it until it succeeds. If the disk is full, `ready.json` is removed, because its content
   * would be wrong.
   */
  async #keepBooks(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      await rm(this.layout.readyFile, { force: true });
      const again = setTimeout(() => {
        // The first attempt has reported the error.
        if (!this.#isStopping) void this.#keepBooks(write).catch(() => undefined);
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
