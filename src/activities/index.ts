// Creates all activities of a worker from its ports, and translates their errors.
import { createGarbageCollection } from './garbage-collection.js';
import { createConfigure } from './configure.js';
import { createDelivery } from './deliver.js';
import { createDiscardEnvironment } from './discard-environment.js';
import { createDocker } from './docker/steps.js';
import { createEntityActivities, createQuickReads } from './entities.js';
import { createFallback } from './fallback/steps.js';
import { translateErrors } from './failures.js';
import { createForgetService } from './forget-service.js';
import { createFront } from './front.js';
import { createHostBeat, createProbe } from './host.js';
import { createInstances } from './instances.js';
import { createManualRequest } from './manual-request.js';
import { createPlacement } from './placement.js';
import type { Ports } from './ports/index.js';
import { createPrepare } from './prepare/index.js';
import type { HostSettings } from './settings.js';
import { guardSteps } from './step-guard.js';
import { createUv } from './uv/steps.js';

export type Activities = ReturnType<typeof createActivities>;
/** Activities that any worker can run: calls to other workflows. */
export type EntityActivities = Activities['entities'];
/** Quick reads, which run as local activities. */
export type QuickReads = Activities['quickReads'];
/** Activities that only the worker of a host can run, on its disk and processes. */
export type HostActivities = Activities['host'];

/** Calls of external addresses, which may be slow. */
export type CallbackActivities = Activities['callbacks'];

/** Creates the activities. `lost` has the hosts with a stand-in; the worker updates it. */
export function createActivities(ports: Ports, settings: HostSettings, lost: ReadonlySet<string> = new Set()) {
  const { probeDocker, ...docker } = createDocker(ports, settings);
  const { probeUv, ...uv } = createUv(ports, settings);
  const { probeFallback, ...fallback } = createFallback(ports, settings);
  const probe = createProbe({ docker: probeDocker, uv: probeUv, fallback: probeFallback }, settings);
  const entities = {
    ...createEntityActivities(ports),
    ...createManualRequest(ports, settings),
    ...createPlacement(ports, settings, probe, lost),
  };
  const host = {
    ...createPrepare(ports, settings),
    ...docker,
    ...uv,
    ...fallback,
    ...createDiscardEnvironment(ports, settings),
    ...createConfigure(ports, settings),
    ...createForgetService(ports, settings),
    ...createFront(ports, settings, createInstances(ports, settings)),
    ...createHostBeat(ports, settings, probe),
    ...createGarbageCollection(ports, settings),
  };
  const { language, layout } = settings;
  return {
    entities: translateErrors(entities, language),
    quickReads: translateErrors(createQuickReads(ports), language),
    host: translateErrors(guardSteps(host, ports, layout), language),
    callbacks: translateErrors(createDelivery(ports, settings), language),
  };
}
