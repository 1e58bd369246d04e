// Every call of an activity from a workflow, each number with its reason.
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

/** Unset, an undo runs beside the step that it undoes: SDK 1.24 does not wait by itself, although its docs say so. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** What each activity does, in words: the Web UI shows them beside its name. */
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

/** Proxies of all named activities, each with its words. */
function proxies<A extends AnyActivities>(
  words: Record<keyof A & string, string>,
  options: ActivityOptions,
): ActivityInterfaceFor<A> {
  const named = Object.entries<string>(words).map(([name, summary]) => [
    name,
    proxyActivities<A>({ ...options, summary })[name],
  ]);
  return Object.fromEntries(named) as ActivityInterfaceFor<A>; // one proxy for every key of the words, which are A's keys
}

/** What is done through a Temporal client, on any worker. */
export const entities = proxies<EntityActivities>(ENTITY_WORDS, {
  startToCloseTimeout: '5 seconds', // a few calls of milliseconds; a killed worker costs this much
  retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds' }, // until it is there again
  cancellationType,
});

/** What is asked while callers wait: a worker that is killed meanwhile must not cost them long. */
export const moments: Pick<typeof entities, 'passMoment'> = proxies<EntityActivities>(ENTITY_WORDS, {
  startToCloseTimeout: '1 second',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '1 second' },
  cancellationType,
});

/** What looks at many deployments and services: however many there are, it has the time. */
export const longReads: Pick<typeof entities, 'readPast' | 'findEndedDeployments'> = proxies<EntityActivities>(
  ENTITY_WORDS,
  {
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '5 seconds', // how late a killed worker is noticed
    retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds' },
    cancellationType,
  },
);

/** Reads of a few milliseconds, not worth a line in the Web UI. */
export const quickReads = proxyLocalActivities<QuickReads>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' },
});

/** A receiver that is down is an answer, and tried again by the workflow: only a lost worker is tried again here. */
export const callbackSteps = proxies<CallbackActivities>(CALLBACK_WORDS, {
  taskQueue: CALLBACK_QUEUE,
  startToCloseTimeout: '30 seconds', // three times what a receiver is given
  heartbeatTimeout: '5 seconds', // how late a killed worker is noticed
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  cancellationType,
});

export type HostSteps = ActivityInterfaceFor<HostActivities>;

/** What touches one host's disk and processes: done by that host's worker. */
export function stepsOn(hostId: string): HostSteps {
  return proxies<HostActivities>(STEP_WORDS, {
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '65 minutes', // above the longest deployment: the deadline is the workflow's
    heartbeatTimeout: '5 seconds', // how late a killed worker is noticed
    retry: {
      initialInterval: '500 milliseconds',
      maximumInterval: '10 seconds',
      maximumAttempts: 8, // registry and network troubles of about half a minute pass
    },
    cancellationType,
  });
}

/** Undo, stop and clean-up: nothing of it may be given up while anybody still waits for it. */
export function undoStepsOn(hostId: string): HostSteps {
  return proxies<HostActivities>(STEP_WORDS, {
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '60 seconds', // removing a large environment, or an app's whole grace
    heartbeatTimeout: '5 seconds',
    retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds', maximumAttempts: 20 }, // a worker may be killed many times
    cancellationType,
  });
}

/** Calls of the front proxy. What it can't do now the worker does later: a switch does not wait for that. */
export function frontOn(hostId: string, { attempts } = { attempts: 5 }): Pick<HostSteps, 'routeService'> {
  return proxies<HostActivities>(STEP_WORDS, {
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '5 seconds', // some calls of milliseconds; a killed worker costs this much
    retry: { initialInterval: '200 milliseconds', maximumInterval: '1 second', maximumAttempts: attempts }, // five: a restart of the proxy passes
    cancellationType,
  });
}

/** The beat of a host. It is lost with its worker, and taken up again by the next: never given up. */
export function hostBeat(hostId: string): Pick<HostSteps, 'beatHost'> {
  return proxies<HostActivities>(STEP_WORDS, {
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '25 hours', // it ends by itself after a day
    heartbeatTimeout: '6 seconds', // three beats: a killed worker's successor beats well before the host counts as lost
    retry: { initialInterval: '500 milliseconds', maximumInterval: '1 second' }, // each kill of a day is one try more
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
