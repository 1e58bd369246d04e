// Builds the health response. Responds within 2 s even if parts are unreachable, with the facts that are available.
import pTimeout from 'p-timeout';
import { MODES, type Language, type Mode } from '../contract/states.js';
import { translate } from '../contract/texts.js';
import { API_VERSION, round, type HostBeat, type Resources } from '../contract/views.js';
import type { GateLoad } from '../contract/messages.js';
import type { ApiDeps } from './deps.js';
import type { BeatWithAge } from './service-gateway.js';

const ANSWER_WITHIN_MS = 1_500;
/** The age at which a heartbeat counts as lost. A worker sends one every 2 s. */
export const BEAT_LOST_MS = 12_000;
const WARN_ABOVE_PERCENT = 90;

type ApiStatus = 'ready' | 'deploying' | 'monitoring' | 'maintenance' | 'error';

export async function healthBody(deps: ApiDeps, language: Language) {
  const { config, gateway, folder, resources } = deps;
  const [load, beat, own] = await Promise.all([
    within(sharedLoad(gateway)),
    within(gateway.readHostBeat(folder.hostId)),
    resources.measure(),
  ]);
  const alive = beat && isAlive(beat) ? beat : undefined;
  const warnings = warningsOf(own);
  return {
    api_status: statusOf(deps, load, alive),
    timestamp: new Date().toISOString(),
    version: API_VERSION,
    deployment_managers: Object.fromEntries(MODES.map((mode) => [mode, managerOf(alive, mode, language)])),
    active_deployments: load?.active.length ?? 0,
    queued_deployments: load?.queued.length ?? 0,
    max_concurrent_deployments: load?.limit ?? config.maxConcurrentDeployments,
    system_resources: own,
    statistics: statisticsOf(load),
    hosts: alive ? [{ host: alive.hostId, last_beat: alive.at, instances: alive.instances, ...alive.resources }] : [],
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Shares one gate query among concurrent calls, so that many calls don't make the gate appear unavailable. */
function sharedLoad(gateway: ApiDeps['gateway']): Promise<GateLoad | undefined> {
  const pendingLoad = loads.get(gateway) ?? gateway.readLoad().finally(() => loads.delete(gateway));
  loads.set(gateway, pendingLoad);
  return pendingLoad;
}
const loads = new WeakMap<ApiDeps['gateway'], Promise<GateLoad | undefined>>();

export const isAlive = ({ silentMs }: BeatWithAge): boolean => silentMs < BEAT_LOST_MS;

function statusOf({ config, draining }: ApiDeps, load: GateLoad | undefined, beat: BeatWithAge | undefined): ApiStatus {
  if (!load || !beat) return 'error';
  if (config.maintenance) return 'maintenance';
  if (draining()) return 'monitoring';
  return load.active.length + load.queued.length > 0 ? 'deploying' : 'ready';
}

/** Returns true if Temporal and a worker on this host answer. */
export async function canDeploy({ gateway, folder }: ApiDeps): Promise<boolean> {
  const [load, beat] = await Promise.all([within(sharedLoad(gateway)), within(gateway.readHostBeat(folder.hostId))]);
  return load !== undefined && beat !== undefined && isAlive(beat);
}

function managerOf(beat: HostBeat | undefined, mode: Mode, language: Language): { status: string; reason?: string } {
  if (!beat) return { status: 'unavailable', reason: translate('temporal_unavailable', {}, language) };
  const { status, error } = beat.managers[mode];
  return { status, ...(error && { reason: translate(error.text, error.params, language) }) };
}

function statisticsOf(load: GateLoad | undefined) {
  const counters = load?.counters ?? { total: 0, completed: 0, failed: 0, cancelled: 0, completedSeconds: 0 };
  return {
    total_deployments: counters.total,
    successful_deployments: counters.completed,
    failed_deployments: counters.failed,
    cancelled_deployments: counters.cancelled,
    average_deployment_time: counters.completed === 0 ? 0 : round(counters.completedSeconds / counters.completed),
  };
}

function warningsOf(resources: Resources): string[] {
  return Object.entries(resources).flatMap(([name, percent]: [string, number]) =>
    percent > WARN_ABOVE_PERCENT ? [`${name} ${percent}`] : [],
  );
}

/** Limits the wait for a value. Returns undefined if the source fails or is late; the status then shows the outage. */
const within = <T>(pending: Promise<T | undefined>): Promise<T | undefined> =>
  pTimeout(pending, { milliseconds: ANSWER_WITHIN_MS }).catch(() => undefined);
