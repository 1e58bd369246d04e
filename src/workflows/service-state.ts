// A service's memory, and what it tells of itself. Plain JSON: it is handed to continue-as-new.
import type { ActivationOutcome, Registration, ReleaseRecord } from '../contract/messages.js';
import { isPortChosen, type FrontAddress, type InstanceKey } from '../contract/steps.js';
import type { Health, Isolation, ServiceStatus, ToldStatus } from '../contract/states.js';
import type { ServiceEvent, ServiceView } from '../contract/views.js';
import { NO_FALLS, releasesToDrop, type RestartCount } from './plan.js';
import { NO_RESTARTS, type RestartHistory } from './restart-policy.js';

/** How many releases stay on disk, ready to run (contract §4). */
const RELEASES_KEPT = 5;
/** Answers and take-backs remembered, for a command that arrives twice or late. */
const MOST_REMEMBERED = 50;
/** In a sentence: it stands in many events. */
const MOST_NAMED = 5;
/** What happened stays readable for so long; continue-as-new carries it over. */
const MOST_EVENTS = 500;

/** One run of a release. Its id is taken down before it is started, so that a stop finds it in any case. */
export interface Instance {
  instanceId: string;
  release: ReleaseRecord;
  startedAt: string;
  port?: number;
  /** ISO 8601, by the host's clock, as `startedAt`. Absent while it is not healthy. */
  healthySince?: string;
  /** The front proxy's route leads to it, or is being set: its address is the service's stable one. */
  behindFront?: true;
}

/** What served before a switch, for as long as it answers the requests that were open then. */
export interface Draining {
  instance: InstanceKey;
  release: string;
  hostId: string;
  port: number;
  /** Epoch ms of its end, whatever is open then. */
  dueMs: number;
}

export interface ServiceState {
  name: string;
  createdAt: string;
  updatedAt: string;
  hostId: string | null;
  status: ServiceStatus;
  health: Health;
  message?: ServiceView['message'];
  /** What is to be up, and is watched and recovered. Null before the first release. */
  serving: Instance | null;
  /** Oldest first. */
  releases: ReleaseRecord[];
  /** Those of them that a rollback went back from. A rollback that names no release passes them over. */
  rolledBack?: string[];
  /** For instance ids: never given twice. */
  instancesStarted: number;
  restarts: number;
  /** Only of histories from before there was a budget of restarts. */
  falls: RestartCount;
  /** Absent until the app has ended once. */
  restartHistory?: RestartHistory;
  /** Epoch ms at which an app that exited is to be started again; set for as long as that is under way. */
  restartDueMs?: number;
  /** Activations taken back, perhaps before they arrived. */
  takenBack: string[];
  settled: { activationId: string; outcome: ActivationOutcome }[];
  /** Kept for ever once it is given. */
  front?: FrontAddress;
  /** What the front proxy is to do from before a stop on: answer that there is nothing, or give the port back. */
  door?: 'shut' | 'gone';
  draining?: Draining[];
  /** Oldest first. Absent in what an older Slipway handed over, as the two below. */
  events?: ServiceEvent[];
  /** Ids of commands that are done. */
  operations?: string[];
  /** Absent where nobody registered it: its first deployment did. */
  registration?: Registration;
  /** Those of its dependencies that are not well, as the registry told last. */
  ailing?: { names: string[]; revision: number };
  /** Sequence of the last intent that decided what runs: whatever was accepted before it comes too late. */
  intent?: number;
}

export function newService(name: string, now: string): ServiceState {
  return {
    name,
    createdAt: now,
    updatedAt: now,
    hostId: null,
    status: 'created',
    health: 'unknown',
    serving: null,
    releases: [],
    instancesStarted: 0,
    restarts: 0,
    falls: NO_FALLS,
    takenBack: [],
    settled: [],
    events: [{ type: 'service_registered', at: now, details: {} }],
  };
}

export function recordEvent(state: ServiceState, event: Omit<ServiceEvent, 'at'>): void {
  const at = new Date().toISOString();
  state.events = [...(state.events ?? []), { ...event, at }].slice(-MOST_EVENTS);
}

export function nextInstance(state: ServiceState, release: ReleaseRecord, now: string): Instance {
  state.instancesStarted += 1;
  const count = String(state.instancesStarted).padStart(6, '0'); // names sort as they were started
  return { instanceId: `${state.name}.${count}.${release.release}`, release, startedAt: now };
}

/** What its service demands of each start. */
export const isolationOf = ({ registration }: ServiceState): { isolation?: Isolation } =>
  registration?.isolation ? { isolation: registration.isolation } : {};

export function rememberOutcome(state: ServiceState, activationId: string, outcome: ActivationOutcome): void {
  const others = state.settled.filter((settled) => settled.activationId !== activationId);
  state.settled = [...others, { activationId, outcome: withoutTail(outcome) }].slice(-MOST_REMEMBERED);
}

/** The app's last lines are told with the first answer; fifty of them would weigh on every continue-as-new. */
function withoutTail(outcome: ActivationOutcome): ActivationOutcome {
  return outcome.kind === 'failed' ? { ...outcome, error: { ...outcome.error, logTail: [] } } : outcome;
}

export const outcomeOf = (state: ServiceState, activationId: string): ActivationOutcome | undefined =>
  state.settled.find((settled) => settled.activationId === activationId)?.outcome;

export function takeBack(state: ServiceState, activationId: string): void {
  state.takenBack = [...state.takenBack, activationId].slice(-MOST_REMEMBERED);
}

/** Makes an instance the one that serves, and returns the releases that may go from the disk. */
export function takeOver(state: ServiceState, instance: Instance): ReleaseRecord[] {
  const others = state.releases.filter(({ release }) => release !== instance.release.release);
  const releases = [...others, instance.release];
  const dropped = releasesToDrop(releases, instance.release.release, RELEASES_KEPT);
  state.releases = releases.filter((release) => !dropped.includes(release));
  if (state.rolledBack) state.rolledBack = state.rolledBack.filter((name) => isKept(state, name));
  state.serving = instance;
  delete state.door;
  state.falls = NO_FALLS;
  state.restartHistory = NO_RESTARTS;
  return dropped;
}

const isKept = ({ releases }: ServiceState, name: string): boolean => releases.some(({ release }) => release === name);

/** After a rollback from one release to another. A release that is newer is not gone back to. Returns both for an event. */
export function leaveBehind(
  state: ServiceState,
  from: ReleaseRecord | undefined,
  to: ReleaseRecord,
): Record<string, string> {
  if (!from || from.release === to.release) return { release: to.release };
  const others = (state.rolledBack ?? []).filter((name) => name !== to.release && name !== from.release);
  const isLeft = to.sequence < from.sequence && isKept(state, from.release);
  state.rolledBack = isLeft ? [...others, from.release] : others;
  return { from: from.release, release: to.release };
}

/** The stable address behind a front proxy; else that of the instance itself. */
export function urlOf({ serving, front }: ServiceState): string | undefined {
  if (serving?.port === undefined) return undefined;
  return serving.behindFront && front ? front.url : `http://127.0.0.1:${serving.port}`;
}

const mayBeBehindFront = ({ serving, door }: ServiceState): boolean =>
  serving !== null && isPortChosen(serving.release.spec) && door !== 'gone';

/** What runs although something that it needs is not well. */
export const isDegraded = ({ status, ailing }: ServiceState): boolean =>
  status === 'running' && (ailing?.names.length ?? 0) > 0;

export const toldStatus = (state: ServiceState): ToldStatus => (isDegraded(state) ? 'degraded' : state.status);

export const toldHealth = (state: ServiceState): Health =>
  isDegraded(state) && state.health !== 'unhealthy' ? 'degraded' : state.health;

export function dependenciesReason({ ailing }: ServiceState): NonNullable<ServiceView['message']> {
  const names = ailing?.names ?? [];
  const told = names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `… (${names.length})`] : names;
  return { text: 'service.dependencies_ail', params: { names: told.join(', ') } };
}

/** Empty while it is brought back at once, too. */
function nextStart({ status, restartDueMs = 0 }: ServiceState): Pick<ServiceView, 'next_start'> {
  return restartDueMs > 0 && status !== 'running' ? { next_start: new Date(restartDueMs).toISOString() } : {};
}

/** Of an http(s) address. The sandbox of workflows has no URL to ask. */
const originOf = (url: string | undefined): string | undefined => url && /^https?:\/\/[^/?#]+/i.exec(url)?.[0];

export function serviceView(state: ServiceState): ServiceView {
  const { serving, registration } = state;
  const active = serving?.release.release ?? null;
  return {
    name: state.name,
    kind: serving?.release.spec.kind ?? registration?.kind ?? 'worker',
    type: registration?.type ?? 'other',
    status: toldStatus(state),
    health: toldHealth(state),
    ...(isDegraded(state) && { own_health: state.health }),
    active_release: active,
    instance: serving?.instanceId ?? null,
    url: urlOf(state) ?? originOf(registration?.healthUrl) ?? null,
    depends_on: registration?.dependsOn ?? [],
    ...(registration?.isolation && { isolation: registration.isolation }),
    ...(registration?.healthUrl !== undefined && { health_url: registration.healthUrl }),
    host: state.hostId,
    restarts: state.restarts,
    environment: serving?.release.spec.environment ?? null,
    persist: serving?.release.persist ?? [],
    created_at: state.createdAt,
    updated_at: state.updatedAt,
    releases: state.releases.map((record) => ({
      release: record.release,
      mode: record.spec.mode,
      created_at: record.createdAt,
      revision: record.revision,
      deployed_by: record.deployedBy,
      active: record.release === active,
      ...(state.rolledBack?.includes(record.release) && { rolled_back: true as const }),
      environment_key: record.spec.environmentKey,
    })),
    port: serving?.port,
    ...(mayBeBehindFront(state) && {
      front: { port: state.front?.port, ...(state.door === 'shut' && { shut: true as const }) },
    }),
    ...nextStart(state),
    message: isDegraded(state) ? dependenciesReason(state) : state.message,
    ...(registration && { registration: registration.revision }),
    ...(registration?.startAs && { start_as: registration.startAs }),
    ...(state.ailing && { ailing: state.ailing.names }),
    fingerprint: serving?.release.fingerprint,
  };
}
