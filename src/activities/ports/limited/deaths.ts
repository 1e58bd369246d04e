// How a child with limits ended, and whether what it was given is to blame.
//
// Apps that run as the same user can send the child any signal, SIGXCPU and SIGABRT too. So no signal counts as a limit by
// itself. Slipway measures the processor time, and V8 and the C++ library write to stderr why they abort. An app of the
// same user can't open that pipe: the child has a group of its own.
import type { ProcessLimits } from './start.js';

/** Why Slipway itself killed the child. */
export type KillReason = 'processorTime' | 'longAnswer' | 'garbledAnswer' | 'overdue';

/** How a child ended that had a request to answer. */
export interface Death {
  signal: NodeJS.Signals | null;
  code: number | null;
  /** Whether it had begun to take requests. */
  wasReady: boolean;
  killedFor?: KillReason;
  /** The end of what it wrote to stderr. */
  lastWords: string;
}

interface LimitExceeded {
  is: (death: Death) => boolean;
  /** In any language. */
  name: (limits: ProcessLimits) => string;
}

/** A line of answer is shorter: the paths of 100,000 entries have at most some 30 MB. */
export const LONGEST_ANSWER_MIB = 64;

/** V8's heap, or an allocation of V8 or Node beside it. */
const OUT_OF_MEMORY =
  /^FATAL ERROR: .*Allocation failed|^terminate called after throwing an instance of 'std::bad_alloc'/m;

/** Every end by which a project, an archive or a container's data is to blame. All other ends are tried again, and are an internal fault at last. */
const LIMITS_EXCEEDED: readonly LimitExceeded[] = [
  { is: ({ killedFor }) => killedFor === 'processorTime', name: ({ cpuSeconds }) => `CPU > ${cpuSeconds} s` },
  { is: ({ killedFor }) => killedFor === 'longAnswer', name: () => `answer > ${LONGEST_ANSWER_MIB} MiB` },
  {
    is: ({ signal, lastWords }) => signal !== null && OUT_OF_MEMORY.test(lastWords),
    name: ({ heapMib, dataMib }) => `heap > ${heapMib} MiB, memory > ${dataMib} MiB`,
  },
];

/** Names the limit; undefined where what it was given is not to blame. */
export function limitExceededBy(death: Death, limits: ProcessLimits): string | undefined {
  if (!death.wasReady) return undefined; // it had read nothing
  return LIMITS_EXCEEDED.find(({ is }) => is(death))?.name(limits);
}

export function reasonOf({ signal, code, killedFor, lastWords }: Death): string {
  if (killedFor !== undefined) return killedFor;
  return lastWords.trim().split('\n').at(-1) || (signal ?? `exit ${code ?? '-'}`);
}
