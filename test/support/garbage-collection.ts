// A host with real keepers, tools and locks to clean up, and workflows that say of it what a test wants.
import { utimesSync } from 'node:fs';
import { createGarbageCollection } from '../../src/activities/garbage-collection.js';
import { disk, type DiskPort } from '../../src/activities/ports/disk-port.js';
import type { EntitiesPort } from '../../src/activities/ports/entities-port.js';
import { createTools } from '../../src/activities/ports/tools.js';
import type { HostSettings } from '../../src/activities/settings.js';
import { MODES } from '../../src/contract/states.js';
import type { ServiceView } from '../../src/contract/views.js';
import { createSecrets, newCallbackSecret, newSecretKey } from '../../src/secrets.js';
import { newService, serviceView } from '../../src/workflows/service-state.js';
import { act } from './act.js';
import { noEngine } from './no-engine.js';
import { createHost } from './host.js';
import { onTestFinished } from './jest/test-end.js';
import { KEEPER } from './processes.js';

/** Its services own what is put here: service -> release -> environment. */
export type Owned = Record<string, Record<string, string>>;

export function createCleaningHost(changes: Partial<DiskPort> = {}) {
  const host = createHost();
  onTestFinished(() => host.close());
  const owned: Owned = {};
  const tools = createTools(KEEPER);
  const entities = {
    readInFlight: () => Promise.resolve<string[]>([]),
    hasInFlightSince: (beforeMs) => Promise.resolve(beforeMs === 0), // nothing began that long ago
    readService: (service) => Promise.resolve(owned[service] && viewOf(service, owned[service])),
  } as EntitiesPort; // a clean-up asks no more
  const settings: HostSettings = {
    hostId: 'h1',
    modes: MODES,
    isolation: 'any',
    processUser: 'root',
    layout: host.layout,
    sourceRoots: [],
    retentionDays: 365,
    language: 'en',
    secrets: createSecrets(newSecretKey()),
    callbackSecret: newCallbackSecret(),
    toolEnvironment: {},
    pythonImage: 'python:3.11-slim',
  };
  const ports = { disk: { ...disk, ...changes }, entities, processes: host.processes, tools, ...noEngine(host.layout) };
  const cleaning = createGarbageCollection(ports, settings);
  return {
    host,
    layout: host.layout,
    settings,
    ports,
    entities,
    owned,
    cleanHost: () => act(() => cleaning.cleanHost()),
  };
}

function viewOf(service: string, releases: Record<string, string>): ServiceView {
  const view = serviceView(newService(service, new Date().toISOString()));
  const rows = Object.entries(releases).map(([release, environmentKey]) => ({
    release,
    mode: 'uv' as const,
    created_at: view.created_at,
    active: true,
    environment_key: environmentKey,
  }));
  return { ...view, releases: rows };
}

/** Makes a file or folder look as if it was last changed so long ago. */
export function age(path: string, agoMs: number): void {
  const at = (Date.now() - agoMs) / 1000;
  utimesSync(path, at, at);
}
