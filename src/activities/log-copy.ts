// Copies an app's own lines into its deployment's log during its trial.
import { log } from '@temporalio/activity';
import { passed } from '../waiting.js';
import type { Ports } from './ports/index.js';
import type { InstancePort } from './ports/instance-port.js';
import type { AppLine, LogPosition } from './ports/instance-log.js';

/** The delay until a line appears in the deployment's log. */
const COPY_EVERY_MS = 200;

interface CopyPorts extends Pick<Ports, 'logs'> {
  runtime: Pick<InstancePort<never>, 'readLog'>;
}

export interface LogCopy {
  from: { service: string; instanceId: string };
  intoDeployment: string;
  /** The position that an earlier attempt reached. */
  position?: LogPosition;
}

/**
 * Copies until `signal` fires, and then the lines up to that moment. Updates `copy.position`. Never rejects, because
 * lines that can't be copied must not fail the work beside it.
 */
export async function copyLog(ports: CopyPorts, copy: LogCopy, signal: AbortSignal): Promise<void> {
  try {
    await copyUntil(ports, copy, signal);
  } catch (error) {
    log.warn("the app's lines are no longer copied into the log of its deployment", { ...copy.from, error });
  }
}

async function copyUntil(ports: CopyPorts, copy: LogCopy, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await copyNew(ports, copy);
    await passed(COPY_EVERY_MS, signal);
  }
  await copyNew(ports, copy);
}

async function copyNew({ runtime, logs }: CopyPorts, copy: LogCopy): Promise<void> {
  for (let more = true; more;) {
    const read = await runtime.readLog(copy.from.service, copy.from.instanceId, copy.position);
    for (const { stream, lines } of byStream(read.lines))
      await logs.write(copy.intoDeployment, { step: 'start', stream, lines });
    copy.position = read.next;
    more = read.more;
  }
}

/** Groups consecutive lines of one stream, so that the order stays. */
function byStream(lines: readonly AppLine[]): { stream: AppLine['stream']; lines: string[] }[] {
  const runs: { stream: AppLine['stream']; lines: string[] }[] = [];
  for (const { stream, line } of lines) {
    const last = runs.at(-1);
    if (last?.stream === stream) last.lines.push(line);
    else runs.push({ stream, lines: [line] });
  }
  return runs;
}
