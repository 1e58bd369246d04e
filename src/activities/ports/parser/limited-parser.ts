// Parses the texts of projects in a child process with limits, so that no text can end the worker.
//
// The child stays for the next project, because a start takes longer than most parsing. It is replaced when it dies,
// after a number of uses, and after half of its CPU time. An idle child ends.
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Mutex } from 'async-mutex';
import { SlipwayError } from '../../../contract/errors.js';
import { storedMessage } from '../../../contract/texts.js';
import type { ParserName, ParserOutput } from '../../project/parsers.js';
import { limitExceededBy, LONGEST_ANSWER_MIB, reasonOf, type Death, type KillReason } from '../limited/deaths.js';
import {
  LAST_WORDS_CHARACTERS,
  LOOK_AT_CPU_MS,
  startLimited,
  usesTooMuchCpu,
  type LimitedProgram,
  type ProcessLimits,
} from '../limited/start.js';
import type { ParserAnswer, ParserRequest } from './messages.js';
import type { ParserPort } from './parser-port.js';

export interface ParserOptions extends LimitedProgram {
  limits?: Partial<ParserLimits>;
}

export interface ParserLimits extends ProcessLimits {
  /** The CPU time of one child. Any text of 1 MiB is parsed in a tenth of a second. */
  cpuSeconds: number;
  /** 100,000 paths of a project and the tokens of 1 MiB of TOML take about 60 MiB. */
  heapMib: number;
  /** The number of uses of one child, so that its memory can't grow permanently. */
  uses: number;
  /** The time limit of one request. Only a host that stands still needs more than `cpuSeconds`. */
  requestMs: number;
  /** The time that an idle child waits before it ends. Afterwards its 45 MB are worth more than a start of 50 ms. */
  idleMs: number;
}

export const PARSER_LIMITS: ParserLimits = {
  cpuSeconds: 10,
  heapMib: 192,
  dataMib: 512,
  openFiles: 64,
  fileBytes: 0,
  uses: 500,
  requestMs: 60_000,
  idleMs: 300_000,
};

export interface LimitedParser extends ParserPort {
  /** The pid of the current child. */
  readonly pid: number | undefined;
  close(): void;
}

export function createLimitedParser(options: ParserOptions): LimitedParser {
  const limits = { ...PARSER_LIMITS, ...options.limits };
  let child: Child | undefined;
  const mutex = new Mutex(); // a child answers one question at a time

  async function attempt(request: ParserRequest): Promise<ParserAnswer | Death> {
    if (child?.isDead) child = undefined;
    child ??= new Child(options, limits);
    const used = child;
    const answer = await used.ask(request);
    if (isDeath(answer) || used.isUsedUp) {
      used.end();
      if (child === used) child = undefined;
    }
    return answer;
  }

  async function answerTo(request: ParserRequest): Promise<ParserAnswer> {
    const first = await attempt(request);
    if (!isDeath(first)) return first;
    mustNotExceedLimits(first);
    // The child was killed from outside: by an operator, by another process of the same user, or by the kernel's out-
    // of-memory killer.
    const second = await attempt(request);
    if (!isDeath(second)) return second;
    mustNotExceedLimits(second);
    throw keptFromReading(second);
  }

  function mustNotExceedLimits(death: Death): void {
    const limit = limitExceededBy(death, limits);
    if (limit !== undefined) throw overLimits(limit);
  }

  return {
    get pid() {
      return child?.pid;
    },
    warm() {
      if (child?.isDead) child = undefined; // it was idle for long
      child ??= new Child(options, limits);
    },
    async parse<N extends ParserName>(name: N, input: ParserRequest<N>['input']): Promise<ParserOutput<N>> {
      const answer = await mutex.runExclusive(() => answerTo({ name, input }));
      return readAnswer(answer) as ParserOutput<N>;
    },
    close() {
      child?.end();
      child = undefined;
    },
  };
}

const isDeath = (answer: ParserAnswer | Death): answer is Death => 'wasReady' in answer;

function readAnswer(answer: ParserAnswer): unknown {
  switch (answer.kind) {
    case 'parsed':
      return answer.output;
    case 'refused':
      throw new SlipwayError(answer.code, storedMessage(answer));
    case 'failed':
      if (answer.isOverflow) throw overLimits(answer.reason);
      throw new SlipwayError('internal', { params: { reason: answer.reason } });
    case 'ready':
      throw new SlipwayError('internal', { params: { reason: 'a parser child was ready twice' } });
  }
}

const overLimits = (what: string): SlipwayError =>
  new SlipwayError('source_invalid', { text: 'source_invalid.parser_limit', params: { what } });

/** Returns the error of a child that died for no reason of the project. The step can be tried again. */
const keptFromReading = (death: Death): SlipwayError =>
  new SlipwayError('internal', { text: 'internal.parser', params: { reason: reasonOf(death) }, retryable: true });

/** Runs one child process. Its requests come one after the other. */
class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #limits: ParserLimits;
  #chunks: Buffer[] = [];
  #length = 0;
  #wasReady = false;
  #lastWords = '';
  #uses = 0;
  #cpuMs = 0;
  #death: Death | undefined;
  #killedFor: KillReason | undefined;
  #settle: ((answer: ParserAnswer | Death) => void) | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ParserOptions, limits: ParserLimits) {
    this.#limits = limits;
    this.#process = startLimited(options, limits);
    this.#process.on('error', (error) => {
      this.#die({ signal: null, code: null, wasReady: false, lastWords: error.message });
    });
    this.#process.on('close', (code, signal) => {
      const killedFor = this.#killedFor;
      this.#die({
        signal,
        code,
        wasReady: this.#wasReady,
        lastWords: this.#lastWords,
        ...(killedFor && { killedFor }),
      });
    });
    this.#whenIdle();
    this.#process.stdin.on('error', () => undefined); // the child is gone, and `close` has the reason
    this.#process.stderr.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-LAST_WORDS_CHARACTERS);
    });
    this.#process.stdout.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
    for (const held of [this.#process, this.#process.stdin, this.#process.stdout, this.#process.stderr])
      (held as { unref?: () => void }).unref?.(); // the child doesn't keep the worker from ending
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isDead(): boolean {
    return this.#death !== undefined || this.#process.killed;
  }

  /**
   * Returns true if the child can take another request. It then has half of its CPU time left, so that a death by this
   * limit is the request's fault.
   */
  get isUsedUp(): boolean {
    return this.#uses >= this.#limits.uses || this.#cpuMs > (this.#limits.cpuSeconds * 1000) / 2;
  }

  async ask(request: ParserRequest): Promise<ParserAnswer | Death> {
    if (this.#death) return this.#death;
    clearTimeout(this.#idle);
    this.#uses += 1;
    const overdue = setTimeout(() => {
      this.#kill('overdue');
    }, this.#limits.requestMs);
    const watch = setInterval(() => {
      if (usesTooMuchCpu(this.#process, this.#limits)) this.#kill('processorTime');
    }, LOOK_AT_CPU_MS);
    try {
      return await new Promise((resolve) => {
        this.#settle = resolve;
        this.#process.stdin.write(`${JSON.stringify(request)}\n`);
      });
    } finally {
      clearTimeout(overdue);
      clearInterval(watch);
      this.#whenIdle();
    }
  }

  #whenIdle(): void {
    this.#idle = setTimeout(() => {
      this.end();
    }, this.#limits.idleMs).unref();
  }

  #kill(reason: KillReason): void {
    this.#killedFor ??= reason;
    this.#process.kill('SIGKILL');
  }

  end(): void {
    clearTimeout(this.#idle);
    this.#process.kill('SIGKILL'); // it has no state
  }

  /** A chunk can have the end of one line and the beginning of the next. */
  #read(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      this.#keep(chunk);
      return;
    }
    const text = Buffer.concat([...this.#chunks, chunk.subarray(0, end)]).toString('utf8');
    this.#chunks = [];
    this.#length = 0;
    for (const line of text.trimEnd().split('\n')) this.#takeLine(line);
    this.#keep(chunk.subarray(end));
  }

  #keep(piece: Buffer): void {
    this.#chunks.push(piece);
    this.#length += piece.length;
    if (this.#length > LONGEST_ANSWER_MIB * MIB) this.#kill('longAnswer');
  }

  #takeLine(line: string): void {
    try {
      this.#take(JSON.parse(line) as ParserAnswer);
    } catch {
      this.#kill('garbledAnswer');
    }
  }

  #take(answer: ParserAnswer): void {
    if (answer.kind === 'ready') {
      this.#wasReady = true;
      return;
    }
    this.#cpuMs = answer.cpuMs;
    this.#settle?.(answer);
    this.#settle = undefined;
  }

  #die(death: Death): void {
    this.#death ??= death;
    this.#settle?.(this.#death);
    this.#settle = undefined;
  }
}

const NEWLINE = 10;
const MIB = 1024 ** 2;
