// Every call of an activity from a workflow, each number with its reason.
import {
  ActivityCancellationType,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { EntityActivities, HostActivities, QuickReads } from '../activities/index.js';
import { hostQueue } from '../contract/names.js';
import type { Mode } from '../contract/states.js';

/** Unset, an undo runs beside the step that it undoes: SDK 1.24 does not wait by itself, although its docs say so. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** What is done through a Temporal client, on any worker. */
export const entities = proxyActivities<EntityActivities>({
  startToCloseTimeout: '5 seconds', // a few calls of milliseconds; a killed worker costs this much
  retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds' }, // until it is there again
  cancellationType,
});

/** Reads of a few milliseconds, not worth a line in the Web UI. */
export const quickReads = proxyLocalActivities<QuickReads>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' },
});

/** What touches one host's disk and processes: done by that host's worker. */
export function stepsOn(hostId: string) {
  return proxyActivities<HostActivities>({
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
export type HostSteps = ReturnType<typeof stepsOn>;

/** Undo, stop and clean-up: nothing of it may be given up while anybody still waits for it. */
export function undoStepsOn(hostId: string): HostSteps {
  return proxyActivities<HostActivities>({
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '60 seconds', // removing a large environment, or an app's whole grace
    heartbeatTimeout: '5 seconds',
    retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds', maximumAttempts: 20 }, // a worker may be killed many times
    cancellationType,
  });
}

/** The beat of a host. It is lost with its worker, and taken up again by the next: never given up. */
export function hostBeat(hostId: string): Pick<HostSteps, 'beatHost'> {
  return proxyActivities<HostActivities>({
    taskQueue: hostQueue(hostId),
    startToCloseTimeout: '25 hours', // it ends by itself after a day
    heartbeatTimeout: '10 seconds', // five beats
    retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds' },
    cancellationType,
  });
}

/** The two steps that differ between modes. */
export interface ModeSteps {
  check: HostActivities['checkUv'];
  install: HostActivities['installWithUv'];
}

export function modeSteps(steps: HostSteps, mode: Mode): ModeSteps {
  switch (mode) {
    case 'uv':
      return { check: steps.checkUv, install: steps.installWithUv };
    case 'fallback':
      return { check: steps.checkFallback, install: steps.installWithPip };
    case 'docker':
      throw ApplicationFailure.nonRetryable('docker mode is not carried yet', 'engine_unavailable'); // its manager is never available
  }
}
