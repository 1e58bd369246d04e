// A service's state, and the view of it that others get. Plain JSON, because continue-as-new carries it over.
import type { ActivationOutcome, Registration, ReleaseRecord } from '../contract/messages.js';
import { isPortChosen, type FrontAddress, type InstanceKey } from '../contract/steps.js';
import type { Health, Isolation, ServiceStatus, ToldStatus } from '../contract/states.js';
import type { ServiceEvent, ServiceView } from '../contract/views.js';
import { NO_FALLS, releasesToDrop, type RestartCount } from './plan.js';
import { NO_RESTARTS, type RestartHistory } from './restart-policy.js';
import { jsonBytes } from '../contract/json-bytes.js';

/** The number of releases that stay on disk, ready to run. */
const RELEASES_KEPT = 5;
/** The number of outcomes and cancels to store, for a command that arrives twice or late. */
const MOST_REMEMBERED = 50;
/** The number of names in a reason, which many events contain. */
const MOST_NAMED = 5;
/** The number of events to store. Continue-as-new carries them over. */
const MOST_EVENTS = 500;
/**
 * The bytes of stored events and outcomes in JSON. Temporal accepts 2 MiB for continue-as-new, most of which the
 * releases may need.
 */
const MOST_EVENT_BYTES = 300_000;
const MOST_OUTCOME_BYTES = 100_000;

/** One run of a release. Its id is stored before the start, so that a stop finds it in any case. */
export interface Instance {
  instanceId: string;
  release: ReleaseRecord;
  startedAt: string;
  port?: number;
  /** ISO 8601, by the host's clock, like `startedAt`. Absent while the instance isn't healthy. */
  healthySince?: string;
  /** True if the front proxy's route leads to it, or is being set: its address is the stable address of the service. */
  behindFront?: true;
}

/** An instance that served before a switch, while it answers the requests that were open then. */
export interface Draining {
  instance: InstanceKey;
  release: string;
  hostId: string;
  port: number;
  /** The epoch ms of its end, even if requests are still open. */
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
  /** The instance to keep running, which is watched and recovered. Null before the first release. */
  serving: Instance | null;
  /** Oldest first. */
  releases: ReleaseRecord[];
  /** The releases that a rollback left. A rollback without a release name skips them. */
  rolledBack?: string[];
  /** Used for instance ids, so that no id is used twice. */
  instancesStarted: number;
  restarts: number;
  /** Used only by histories from before the restart budget. */
  falls: RestartCount;
  /** Absent until the app has ended once. */
  restartHistory?: RestartHistory;
  /** The epoch ms at which an app that exited is started again. Set while this is under way. */
  restartDueMs?: number;
  /** Cancelled activations. The cancel may have arrived before the activation. */
  takenBack: string[];
  settled: { activationId: string; outcome: ActivationOutcome }[];
  /** Permanent once it is set. */
  front?: FrontAddress;
  /** The front proxy's state from before a stop: `shut` answers that the service is down, `gone` frees the port. */
  door?: 'shut' | 'gone';
  draining?: Draining[];
  /** Oldest first. This and the two fields below are absent in states of older versions. */
  events?: ServiceEvent[];
  /** The ids of completed commands. */
  operations?: string[];
  /** Absent if the service was only deployed and never registered. */
  registration?: Registration;
  /** The unhealthy dependencies, as the registry last sent them. */
  ailing?: { names: string[]; revision: number };
  /** The sequence of the last decision about what runs. Commands that were accepted before it come too late. */
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
  state.events = newest([...(state.events ?? []), { ...event, at }].slice(-MOST_EVENTS), MOST_EVENT_BYTES);
}

/** Returns the last items that have at most this number of bytes in JSON. */
function newest<T extends object>(items: readonly T[], mostBytes: number): T[] {
  let bytes = 0;
  const tooOld = items.findLastIndex((item) => {
    bytes += jsonBytes(item);
    return bytes > mostBytes;
  });
  return items.slice(tooOld + 1);
}

export function nextInstance(state: ServiceState, release: ReleaseRecord, now: string): Instance {
  state.instancesStarted += 1;
  const count = String(state.instancesStarted).padStart(6, '0'); // names sort by their start
  return { instanceId: `${state.name}.${count}.${release.release}`, release, startedAt: now };
}

/** The isolation that the service requires for each start. */
export const isolationOf = ({ registration }: ServiceState): { isolation?: Isolation } =>
  registration?.isolation ? { isolation: registration.isolation } : {};

export function rememberOutcome(state: ServiceState, activationId: string, outcome: ActivationOutcome): void {
  const others = state.settled.filter((settled) => settled.activationId !== activationId);
  const remembered = [...others, { activationId, outcome: withoutTail(outcome) }].slice(-MOST_REMEMBERED);
  state.settled = newest(remembered, MOST_OUTCOME_BYTES);
}

/**
 * Removes the app's last lines. They are sent with the first answer; fifty lines would weigh on every continue-as-new.
 */
function withoutTail(outcome: ActivationOutcome): ActivationOutcome {
  return outcome.kind === 'failed' ? { ...outcome, error: { ...outcome.error, logTail: [] } } : outcome;
}

export const outcomeOf = (state: ServiceState, activationId: string): ActivationOutcome | undefined =>
  state.settled.find((settled) => settled.activationId === activationId)?.outcome;

export function takeBack(state: ServiceState, activationId: string): void {
  state.takenBack = [...state.takenBack, activationId].slice(-MOST_REMEMBERED);
}

/** Makes an instance the active one, and returns the releases that can be removed from disk. */
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

/** Marks the release that a rollback left, if it is newer than the target. Returns both names for an event. */
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

/** Returns the stable address behind a front proxy; otherwise the address of the instance itself. */
export function urlOf({ serving, front }: ServiceState): string | undefined {
  if (serving?.port === undefined) return undefined;
  return serving.behindFront && front ? front.url : `http://127.0.0.1:${serving.port}`;
}

const mayBeBehindFront = ({ serving, door }: ServiceState): boolean =>
  serving !== null && isPortChosen(serving.release.spec) && door !== 'gone';

/** Returns true if the service runs although a dependency is unhealthy. */
export const isDegraded = ({ status, ailing }: ServiceState): boolean =>
  status === 'running' && (ailing?.names.length ?? 0) > 0;

export const toldStatus = (state: ServiceState): ToldStatus => (isDegraded(state) ? 'degraded' : state.status);

export const toldHealth = (state: ServiceState): Health =>
  isDegraded(state) && state.health !== 'unhealthy' ? 'degraded' : state.health;

export function dependenciesReason({ ailing }: ServiceState): NonNullable<ServiceView['message']> {
  const names = ailing?.names ?? [];
  const listed = names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `… (${names.length})`] : names;
  return { text: 'service.dependencies_ail', params: { names: listed.join(', ') } };
}

/** Returns nothing for an app that is started again immediately. */
function nextStart({ status, restartDueMs = 0 }: ServiceState): Pick<ServiceView, 'next_start'> {
  return restartDueMs > 0 && status !== 'running' ? { next_start: new Date(restartDueMs).toISOString() } : {};
}

/** Returns the origin of an http(s) address. The workflow sandbox has no `URL`. */
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
