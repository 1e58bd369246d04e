// All activity calls of workflows, each time limit with its reason.
import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  type ActivityInterfaceFor,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { CallbackActivities, EntityActivities, HostActivities, QuickReads } from '../activities/index.js';
import { CALLBACK_QUEUE, hostQueue } from '../contract/names.js';
import type { Mode } from '../contract/states.js';

/**
 * Without this, an undo would run beside the step that it undoes: SDK 1.24 doesn't wait by default, although its docs
 * say so.
 */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** A summary of each activity, which the Web UI shows beside its name. */
const ENTITY_WORDS: Record<keyof EntityActivities, string> = {
  commandService: 'Tell the service',
  requestCancellation: 'Close as cancelled',
  readPast: 'Read what ran before off the deployments',
  findEndedDeployments: 'Look which of these deployments have ended',
  readServices: 'Read the services',
  readServicePage: 'Read a page of the services',
  readService: 'Ask the service what runs now',
  passMoment: 'See whether anything comes before the history is folded',
  openRequest: 'Read the request',
  placeDeployment: 'Find a host, the source and the modes it can run',
};
const CALLBACK_WORDS: Record<keyof CallbackActivities, string> = { deliverCallback: 'Tell the callback URL' };
const STEP_WORDS: Record<keyof HostActivities, string> = {
  prepareRelease: '1/5 準備來源 · Prepare the source',
  checkDocker: '2/5 檢查環境 · Check the engine, the Dockerfile and the disk',
  checkUv: '2/5 檢查環境 · Check uv, the Python version and the lock file',
  checkFallback: '2/5 檢查環境 · Check Python, venv and the disk',
  buildImage: '3/5 安裝依賴 · Build the image',
  installWithUv: '3/5 安裝依賴 · Install with uv',
  installWithPip: '3/5 安裝依賴 · Install with venv and pip',
  configureRelease: '4/5 配置環境 · Configure, and run the release command',
  configureContainer: '4/5 配置環境 · Run the release command in a container',
  checkIsolation: 'Check whether the release may start outside a container',
  checkStartable: 'Check whether the release can be started',
  startInstance: '5/5 啟動服務 · Start the app',
  awaitHealthy: '5/5 啟動服務 · Wait until the app is healthy',
  stopInstance: 'Stop the app, and forget the instance',
  stopStrays: 'Stop what an earlier life of the service left',
  forgetService: 'Remove what is left of a service',
  routeService: 'Lead the front proxy to what serves',
  drainInstance: 'Let what served before answer the requests that are open',
  discardRelease: 'Undo: remove the release',
  discardEnvironment: 'Undo: remove a half-made environment',
  discardImage: 'Undo: remove the image',
  beatHost: 'Beat: what this host can do, and how it is',
  cleanHost: 'Remove what no service owns any more',
};

type AnyActivities = Record<string, (...args: never[]) => Promise<unknown>>;

/** Returns proxies of all named activities, each with its summary. */
function proxies<A extends AnyActivities>(
  words: Record<keyof A & string, string>,
  options: ActivityOptions,
): ActivityInterfaceFor<A> {
  const named = Object.entries<string>(words).map(([name, summary]) => [
    name,
    proxyActivities<A>({ ...options, summary })[name],
  ]);
  // One proxy for every key of `words`, which are the keys of A.
  return Object.fromEntries(named) as ActivityInterfaceFor<A>;
}

/** Activities that use a Temporal client, on any worker. */
export const entities = proxies<EntityActivities>(ENTITY_WORDS, {
  startToCloseTimeout: '5 seconds', // a few calls of milliseconds; a killed worker costs this much
  retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds' }, // until Temporal is available again
  cancellationType,
});

/** A short activity while callers wait: a worker that is killed meanwhile must not cost them long. */
export const moments: Pick<typeof entities, 'passMoment'> = proxies<EntityActivities>(ENTITY_WORDS, {
  startToCloseTimeout: '1 second',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '1 second' },
  cancellationType,
});

/** Activities that read many deployments and services, with enough time for any number. */
export const longReads: Pick<typeof entities, 'readPast' | 'findEndedDeployments'> = proxies<EntityActivities>(
  ENTITY_WORDS,
  {
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '5 seconds', // the delay until a killed worker is detected
    retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds' },
    cancellationType,
  },
);

/** Reads of a few milliseconds, which need no line in the Web UI. */
export const quickReads = proxyLocalActivities<QuickReads>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' },
});

/** The workflow itself retries a receiver that is down; this retry handles only a lost worker. */
export const callbackSteps = proxies<CallbackActivities>(CALLBACK_WORDS, {
  taskQueue: CALLBACK_QUEUE,
  startToCloseTimeout: '30 seconds', // three times the time limit of a receiver
  heartbeatTimeout: '5 seconds', // the delay until a killed worker is detected
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  cancellationType,
});

export type HostSteps = ActivityInterfaceFor<HostActivities>;

/** Activities on a host's disk and processes, which the worker of that host runs. */
export function stepsOn(hostId: string): HostSteps {
  return proxies<HostActivities>(STEP_WORDS, {
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '65 minutes', // above the longest deployment, because the workflow has the deadline
    heartbeatTimeout: '5 seconds', // the delay until a killed worker is detected
    retry: {
      initialInterval: '500 milliseconds',
      maximumInterval: '10 seconds',
      maximumAttempts: 8, // enough for registry and network failures of about half a minute
    },
    cancellationType,
  });
}

/** Undo, stop and clean-up. None of them may be abandoned while a caller still waits. */
export function undoStepsOn(hostId: string): HostSteps {
  return proxies<HostActivities>(STEP_WORDS, {
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '60 seconds', // enough to remove a large environment, or for an app's whole grace period
    heartbeatTimeout: '5 seconds',
    // A worker may be killed many times.
    retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds', maximumAttempts: 20 },
    cancellationType,
  });
}

/** Calls of the front proxy. If one fails, the worker sets the route later, and a switch doesn't wait. */
export function frontOn(hostId: string, { attempts } = { attempts: 5 }): Pick<HostSteps, 'routeService'> {
  return proxies<HostActivities>(STEP_WORDS, {
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '5 seconds', // a few calls of milliseconds; a killed worker costs this much
    // Five cover a restart of the proxy.
    retry: { initialInterval: '200 milliseconds', maximumInterval: '1 second', maximumAttempts: attempts },
    cancellationType,
  });
}

/** The beat of a host. It is lost with its worker and continued by the next worker; it never gives up. */
export function hostBeat(hostId: string): Pick<HostSteps, 'beatHost'> {
  return proxies<HostActivities>(STEP_WORDS, {
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '25 hours', // it ends by itself after a day
    heartbeatTimeout: '6 seconds', // three beats: the next worker beats well before the host counts as lost
    // Each kill of a day is another attempt.
    retry: { initialInterval: '500 milliseconds', maximumInterval: '1 second' },
    cancellationType,
  });
}

/** The steps that differ between modes, and the undo of the install. */
export interface ModeSteps {
  check: HostActivities['checkUv'];
  install: HostActivities['installWithUv'];
  configure: HostActivities['configureRelease'];
  discard: (made: { service: string; environmentKey: string; deploymentId: string }) => Promise<void>;
}

export function modeSteps(hostId: string, mode: Mode): ModeSteps {
  const steps = stepsOn(hostId);
  const undo = undoStepsOn(hostId);
  const { configureRelease: configure } = steps;
  switch (mode) {
    case 'docker':
      return {
        check: steps.checkDocker,
        install: steps.buildImage,
        configure: steps.configureContainer,
        discard: undo.discardImage,
      };
    case 'uv':
      return { check: steps.checkUv, install: steps.installWithUv, configure, discard: undo.discardEnvironment };
    case 'fallback':
      return { check: steps.checkFallback, install: steps.installWithPip, configure, discard: undo.discardEnvironment };
  }
}
