// The three streams (contract §5): progress, a deployment's log, a service's log. What they share among clients is here.
import type { Request, Response } from 'express';
import { deploymentLog as deploymentLogPath, serviceLogDir, type Layout } from '../contract/layout.js';
import { isEnded, type Language } from '../contract/states.js';
import type { DeploymentState } from '../contract/views.js';
import { deploymentLogSource } from './deployment-log.js';
import { createDeploymentWatches } from './deployment-watches.js';
import { createEventSender, PACE, type Pace, type StreamLimits } from './event-sender.js';
import type { Gateway } from './gateway.js';
import { logEvents } from './log-events.js';
import { createLogTails } from './log-tails.js';
import type { LogFilter } from './logs.js';
import { lastEventNumber, progressEvents } from './progress-events.js';
import { serviceLogSource } from './service-log.js';
import type { Told } from './temporal-calls.js';

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
  const { send, close } = createEventSender(pace, limits, language);
  return { progress, deploymentLog, serviceLog, close };

  async function progress(req: Request, res: Response, told: Told<DeploymentState>): Promise<void> {
    const watch = watches.join(told);
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
    told: Told<DeploymentState>,
    filter: LogFilter,
  ): Promise<void> {
    const { deploymentId } = told.value;
    const source = deploymentLogSource(deploymentLogPath(layout, deploymentId));
    const watch = watches.join(told);
    const tail = tails.follow(source);
    const ended = () => {
      const { status } = watch.told.value;
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
