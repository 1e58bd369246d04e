// Reads services and hosts from Temporal, and sends changes and commands to services.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defaultPayloadConverter, type UpdateDefinition } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { SlipwayError } from '../contract/errors.js';
import {
  commandSignal,
  describeQuery,
  eventsQuery,
  newRowsQuery,
  patchUpdate,
  registerUpdate,
  unregisterUpdate,
  type NewRows,
  type Operation,
  type PatchInput,
  type RecentServices,
  type RegisterInput,
  type UnregisterInput,
} from '../contract/messages.js';
import {
  ACCEPTED_MEMO,
  hostWorkflowId,
  REGISTRY_ID,
  serviceWorkflowId,
  VIEW_MEMO,
  WORKFLOWS,
} from '../contract/names.js';
import { rowOf, type HostBeat, type ServiceEvent, type ServiceRow, type ServiceView } from '../contract/views.js';
import { reaches, type Reach } from '../contract/permissions.js';
import { readMemoPage, RUNNING_SERVICES, type MemoClient } from '../service-memos.js';
import { withinReach } from './listing.js';
import { byName, refreshed, tellingModes, unlisted, type ServicePage } from './service-listing.js';
import { isUnreachable, READ_MS, type TemporalCalls, type MaybeStale } from './temporal-calls.js';
import type { TemporalClock } from './temporal-clock.js';
import { createUpdates, retryUntilReachable } from './updates.js';

const LARGEST_PAGE = 1_000;
const NOTHING_RECENT: RecentServices = { rows: [], left: [], areAll: false };
const BEAT_MS = 2_000;
/** The time for a killed worker to be detected and replaced. */
const THERE_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 250;

export interface ServicePageQuery {
  limit: number;
  cursor?: string;
  /** The services to list. Default: all services. */
  reach?: Reach;
}

type Call = RegisterInput | PatchInput | UnregisterInput;
/** The input of a call, without the fields that this module adds. */
export type CallRequest<I extends Call> = Omit<I, 'answerBy' | 'token'>;

/** The last heartbeat of a host, and the time since then. */
export type BeatWithAge = HostBeat & { silentMs: number };

export function createServiceGateway(
  client: Pick<Client, 'workflow' | 'connection'> & MemoClient,
  { describe, query, reach: reached }: TemporalCalls,
  clock: TemporalClock,
) {
  const { workflow, connection } = client;
  const update = createUpdates({ connection }, clock);
  let cachedRows: Required<NewRows> | undefined;
  const beats = new Map<string, { at: number; beat: Promise<BeatWithAge | undefined> }>();

  return {
    awaitService,
    commandService,
    countServices,
    readLastView,
    patchService: (request: CallRequest<PatchInput>) => change(patchUpdate, request),
    readHostBeat,
    readService,
    readServiceEvents,
    readServicePage,
    readServices,
    registerService: (request: CallRequest<RegisterInput>) => change(registerUpdate, request),
    unregisterService,
  };

  /**
   * Sends a change to the registry, which is durable when this resolves. Throws the registry's error. Resolves to
   * undefined if the change was accepted but its answer was lost.
   */
  function change<I extends Call, R>(what: UpdateDefinition<R, [I]>, request: CallRequest<I>): Promise<R | undefined> {
    const token = randomUUID();
    return update<R | undefined>({
      send: (answerBy) => {
        const input = { ...request, answerBy, token } as unknown as I; // adds the two fields that `CallRequest` leaves out
        return workflow.getHandle(REGISTRY_ID).executeUpdate(what, { args: [input] });
      },
      afterSilence: async () => {
        const registry = await describe(REGISTRY_ID, WORKFLOWS.registry);
        if (registry?.status.name !== 'RUNNING') return undefined; // a terminated registry has lost its changes
        const tokens = (registry.memo?.[ACCEPTED_MEMO] ?? []) as string[];
        return tokens.includes(token) ? { answer: undefined } : undefined;
      },
    });
  }

  /**
   * Waits until a registered service has set its state, because a worker may be killed before. Returns undefined if the
   * service was removed.
   */
  async function awaitService(name: string): Promise<MaybeStale<ServiceView> | undefined> {
    const deadline = Date.now() + THERE_WITHIN_MS;
    for (;;) {
      const service = await retryUntilReachable(() => readService(name));
      if (service || Date.now() > deadline) return service;
      await delay(ASK_AGAIN_MS);
    }
  }

  /**
   * Unregisters a service. Returns false if the removal takes longer than `waitMs`; it then continues in the
   * background.
   */
  async function unregisterService(request: CallRequest<UnregisterInput>, waitMs: number): Promise<boolean> {
    await change(unregisterUpdate, request);
    try {
      await connection.withDeadline(Date.now() + waitMs, () =>
        workflow.getHandle(serviceWorkflowId(request.name)).result(),
      );
    } catch (error) {
      if (isUnreachable(error)) return false;
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    return true;
  }

  /** Returns all services, sorted by name. */
  async function readServices(): Promise<MaybeStale<ServiceRow[]>> {
    const rows: ServiceRow[] = [];
    let cursor: string | undefined;
    let stale = false;
    do {
      const { value, stale: isStale } = await readServicePage({ limit: LARGEST_PAGE, cursor });
      rows.push(...value.rows);
      stale ||= isStale;
      cursor = value.cursor;
    } while (cursor !== undefined);
    return { value: rows.sort(byName), stale };
  }

  /**
   * Returns a page of services. New services are on the first page. `stale` is true if the registry doesn't answer with
   * the recent changes.
   */
  async function readServicePage({ limit, cursor, reach = [] }: ServicePageQuery): Promise<MaybeStale<ServicePage>> {
    const recent = await readRecent();
    const stale = recent === undefined;
    const changed = recent ?? NOTHING_RECENT;
    if (changed.areAll) {
      const rows = changed.rows.filter(({ name }) => reaches(reach, name)).sort(byName);
      if (rows.length <= limit && cursor === undefined) return { value: { rows }, stale };
    }
    const isFirst = cursor === undefined;
    const listed = await listServices(limit, cursor, reach);
    const begun = isFirst ? await begunLately(listed, changed, reach) : [];
    const fits = begun.length + listed.rows.length <= limit || begun.length >= limit;
    const { rows, next } = fits ? listed : await listServices(limit - begun.length, cursor, reach);
    const all = [...refreshed(rows, changed), ...begun].sort(byName);
    return { value: { rows: all, ...(next !== undefined && { cursor: next }) }, stale };
  }

  /** Returns the new services that Temporal doesn't list yet. Services that are on a later page are left out. */
  async function begunLately(
    { rows, next }: { rows: ServiceRow[]; next?: string },
    changed: RecentServices,
    reach: Reach,
  ): Promise<ServiceRow[]> {
    const begun = unlisted(rows, changed, reach, await clock.now());
    if (begun.length === 0 || next === undefined) return begun;
    const ids = begun.map(({ name }) => `'${serviceWorkflowId(name)}'`).join(', ');
    const query = { pageSize: begun.length, where: [`WorkflowId IN (${ids})`] };
    const { views } = await reached(READ_MS, () => readMemoPage(client, query));
    const elsewhere = new Set(views.map(({ name }) => name));
    return begun.filter(({ name }) => !elsewhere.has(name));
  }

  async function listServices(
    pageSize: number,
    next: string | undefined,
    reach: Reach,
  ): Promise<{ rows: ServiceRow[]; next?: string }> {
    const query = { pageSize, next, where: withinReach(reach) };
    const page = await reached(READ_MS, () => readMemoPage(client, query));
    return { rows: page.views.map(rowOf), ...(page.next !== undefined && { next: page.next }) };
  }

  /** Returns the recent changes, or undefined if the registry doesn't answer. */
  async function readRecent(): Promise<RecentServices | undefined> {
    const before = cachedRows;
    const answer = await query(() => workflow.getHandle(REGISTRY_ID).query(newRowsQuery, before?.mark ?? null));
    const recent = answer && (answer.recent ? tellingModes(answer.recent) : before?.recent);
    if (answer && recent) cachedRows = { mark: answer.mark, recent };
    return recent;
  }

  /** Returns the number of services that the caller may access. A new service may not be counted yet. */
  async function countServices(reach: Reach): Promise<number> {
    const where = [RUNNING_SERVICES, ...withinReach(reach)].join(' AND ');
    const { count } = await reached(READ_MS, () => workflow.count(where));
    return count;
  }

  async function readService(name: string): Promise<MaybeStale<ServiceView> | undefined> {
    const id = serviceWorkflowId(name);
    const view = await query(() => workflow.getHandle(id).query(describeQuery));
    if (view) return { value: view, stale: false };
    const lastState = await readLastView(name);
    return lastState && { value: lastState, stale: true };
  }

  /** Returns the last state in the service's memo, which needs no worker. */
  async function readLastView(name: string): Promise<ServiceView | undefined> {
    const info = await describe(serviceWorkflowId(name), WORKFLOWS.service);
    if (info?.status.name === 'COMPLETED') return undefined; // the service was unregistered
    return info?.memo?.[VIEW_MEMO] as ServiceView | undefined;
  }

  /** Returns the events, oldest first. Only the workflow has the events, so a worker is needed. */
  async function readServiceEvents(name: string): Promise<ServiceEvent[]> {
    const events = await query(() => workflow.getHandle(serviceWorkflowId(name)).query(eventsQuery));
    if (!events) throw new SlipwayError('temporal_unavailable');
    return events;
  }

  /**
   * Sends a command, which is durable when this resolves. Temporal's clock determines its order among commands and
   * deployments.
   */
  async function commandService(name: string, command: Omit<Operation, 'acceptedAt'>): Promise<void> {
    const operation: Operation = { ...command, acceptedAt: await clock.now() };
    try {
      await reached(READ_MS, () => workflow.getHandle(serviceWorkflowId(name)).signal(commandSignal, operation));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new SlipwayError('not_found', { params: { what: name } });
      throw error;
    }
  }

  /** Returns the last heartbeat of a host. No worker is needed. The result is cached for the interval of heartbeats. */
  function readHostBeat(hostId: string): Promise<BeatWithAge | undefined> {
    const cached = beats.get(hostId);
    if (cached && Date.now() - cached.at < BEAT_MS) return cached.beat;
    const beat = askHostBeat(hostId);
    beats.set(hostId, { at: Date.now(), beat });
    const forget = (): void => void beats.delete(hostId); // the next call reads again
    beat.then((answer) => answer ?? forget(), forget);
    return beat;
  }

  async function askHostBeat(hostId: string): Promise<BeatWithAge | undefined> {
    const info = await describe(hostWorkflowId(hostId), WORKFLOWS.host);
    const beating = info?.raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'beatHost');
    const details = beating?.heartbeatDetails?.payloads?.[0];
    if (!details) return undefined;
    const beat = defaultPayloadConverter.fromPayload<HostBeat>(details);
    const heardMs = optionalTsToMs(beating.lastHeartbeatTime) ?? Date.parse(beat.at);
    return { ...beat, silentMs: (await clock.now()) - heardMs };
  }
}
