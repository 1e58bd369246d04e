// Sends long responses: streams of progress and logs, and whole logs. Holds the state that clients share.
import type { Request, Response } from 'express';
import { deploymentLog as deploymentLogPath, serviceLogDir, type Layout } from '../contract/layout.js';
import { isEnded, type Language } from '../contract/states.js';
import type { DeploymentState } from '../contract/views.js';
import { deploymentLogSource } from './deployment-log.js';
import { createDeploymentWatches } from './deployment-watches.js';
import { callerOf } from './auth.js';
import { createEventSender, PACE, type Pace } from './event-sender.js';
import type { Gateway } from './gateway.js';
import { logEvents } from './log-events.js';
import { createLogTails } from './log-tails.js';
import type { LogFilter } from './logs.js';
import { lastEventNumber, progressEvents } from './progress-events.js';
import { serviceLogSource } from './service-log.js';
import { onceClosed } from './once-closed.js';
import { sendLog, type WantedLog } from './send-log.js';
import { createStreamSlots, type StreamLimits } from './stream-slots.js';
import type { MaybeStale } from './temporal-calls.js';
import { createTurns } from './turns.js';

/** The maximum number of whole logs that are sent to one key at the same time. Each uses a few MiB. */
const LOGS_AT_ONCE = 20;

export interface StreamDeps {
  gateway: Pick<Gateway, 'readDeployment'>;
  layout: Layout;
  language: Language;
  limits: StreamLimits;
  pace?: Pace;
}

export type Streams = ReturnType<typeof createStreams>;

export function createStreams({ gateway, layout, language, limits, pace = PACE }: StreamDeps) {
  const watches = createDeploymentWatches({ readDeployment: (id) => gateway.readDeployment(id) });
  const tails = createLogTails();
  const slots = createStreamSlots(limits);
  const { close } = slots;
  const send = createEventSender(pace, slots, language);
  const inTurnOf = createTurns(LOGS_AT_ONCE);
  return { progress, deploymentLog, serviceLog, wholeLog, close };

  /** Sends a whole log. A stalled client is disconnected, as with streams. */
  async function wholeLog(req: Request, res: Response, wanted: WantedLog): Promise<void> {
    const { keyId } = callerOf(req);
    const { over, leave } = slots.take(keyId);
    onceClosed(res, () => {
      over.abort();
    });
    try {
      await inTurnOf(keyId, over.signal, async () => {
        res.setTimeout(pace.stallMs, () => res.destroy());
        await sendLog(req, res, wanted);
      });
    } catch (error) {
      if (!over.signal.aborted) throw error;
      res.destroy(); // the client has disconnected, or the API is closing
    } finally {
      leave();
    }
  }

  async function progress(req: Request, res: Response, current: MaybeStale<DeploymentState>): Promise<void> {
    const watch = watches.join(current);
    const after = lastEventNumber(lastIdOf(req));
    try {
      await send(req, res, (signal) => progressEvents(watch, { after, language, signal }));
    } finally {
      watch.leave();
    }
  }

  async function deploymentLog(
    req: Request,
    res: Response,
    current: MaybeStale<DeploymentState>,
    filter: LogFilter,
  ): Promise<void> {
    const { deploymentId } = current.value;
    const source = deploymentLogSource(deploymentLogPath(layout, deploymentId));
    const watch = watches.join(current);
    const tail = tails.follow(source);
    const ended = () => {
      const { status } = watch.latest.value;
      return isEnded(status) ? { deployment_id: deploymentId, status } : undefined;
    };
    try {
      await send(req, res, (signal) => logEvents({ source, tail, filter, lastId: lastIdOf(req), ended, signal }));
    } finally {
      tail.leave();
      watch.leave();
    }
  }

  async function serviceLog(req: Request, res: Response, service: string, filter: LogFilter): Promise<void> {
    const source = serviceLogSource(serviceLogDir(layout, service));
    const tail = tails.follow(source);
    const ended = () => undefined;
    try {
      await send(req, res, (signal) => logEvents({ source, tail, filter, lastId: lastIdOf(req), ended, signal }));
    } finally {
      tail.leave();
    }
  }
}

const lastIdOf = (req: Request): string | undefined => req.get('Last-Event-ID');
