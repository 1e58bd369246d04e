// What the API asks of services and hosts, and hands on to services.
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
import { isUnreachable, READ_MS, type TemporalCalls, type Told } from './temporal-calls.js';
import type { TemporalClock } from './temporal-clock.js';
import { createUpdates, untilTold } from './updates.js';

const LARGEST_PAGE = 1_000;
const NOTHING_RECENT: RecentServices = { rows: [], left: [], areAll: false };
const BEAT_MS = 2_000;
/** A worker that was killed is noticed, and there again, by then. */
const THERE_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 250;

export interface ServicePageQuery {
  limit: number;
  cursor?: string;
  /** The services that are listed; absent: all. */
  reach?: Reach;
}

type Call = RegisterInput | PatchInput | UnregisterInput;
/** As the API's routes ask it. */
export type Asked<I extends Call> = Omit<I, 'answerBy' | 'token'>;

/** What a host last told of itself, and for how long it has told nothing since. */
export type HeardBeat = HostBeat & { silentMs: number };

export function createServiceGateway(
  client: Pick<Client, 'workflow' | 'connection'> & MemoClient,
  { describe, query, reach: reached }: TemporalCalls,
  clock: TemporalClock,
) {
  const { workflow, connection } = client;
  const update = createUpdates({ connection }, clock);
  let known: Required<NewRows> | undefined;
  const beats = new Map<string, { at: number; beat: Promise<HeardBeat | undefined> }>();

  return {
    awaitService,
    commandService,
    countServices,
    lastTold,
    patchService: (asked: Asked<PatchInput>) => change(patchUpdate, asked),
    readHostBeat,
    readService,
    readServiceEvents,
    readServicePage,
    readServices,
    registerService: (asked: Asked<RegisterInput>) => change(registerUpdate, asked),
    unregisterService,
  };

  /** Durable once it resolves; refused as the registry says. Undefined: it was accepted, and its answer is lost. */
  function change<I extends Call, R>(what: UpdateDefinition<R, [I]>, asked: Asked<I>): Promise<R | undefined> {
    const token = randomUUID();
    return update<R | undefined>({
      send: (answerBy) => {
        const input = { ...asked, answerBy, token } as unknown as I; // the two that `Asked` leaves out
        return workflow.getHandle(REGISTRY_ID).executeUpdate(what, { args: [input] });
      },
      afterSilence: async () => {
        const registry = await describe(REGISTRY_ID, WORKFLOWS.registry);
        if (registry?.status.name !== 'RUNNING') return undefined; // what it accepted went with it
        const tokens = (registry.memo?.[ACCEPTED_MEMO] ?? []) as string[];
        return tokens.includes(token) ? { answer: undefined } : undefined;
      },
    });
  }

  /** One that was registered, as soon as it tells of itself: a worker may be killed before it could. Undefined: it left. */
  async function awaitService(name: string): Promise<Told<ServiceView> | undefined> {
    const deadline = Date.now() + THERE_WITHIN_MS;
    for (;;) {
      const told = await untilTold(() => readService(name));
      if (told || Date.now() > deadline) return told;
      await delay(ASK_AGAIN_MS);
    }
  }

  /** False when not all of it is gone within `waitMs`: it goes on. */
  async function unregisterService(asked: Asked<UnregisterInput>, waitMs: number): Promise<boolean> {
    await change(unregisterUpdate, asked);
    try {
      await connection.withDeadline(Date.now() + waitMs, () =>
        workflow.getHandle(serviceWorkflowId(asked.name)).result(),
      );
    } catch (error) {
      if (isUnreachable(error)) return false;
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    return true;
  }

  /** All of them, by name. */
  async function readServices(): Promise<Told<ServiceRow[]>> {
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

  /** What has just begun stands on the first page. Stale where no worker says what changed last. */
  async function readServicePage({ limit, cursor, reach = [] }: ServicePageQuery): Promise<Told<ServicePage>> {
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

  /** What Temporal does not list yet. Some that are not on the first page are on a later one. */
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

  /** Undefined when the registry doesn't answer. */
  async function readRecent(): Promise<RecentServices | undefined> {
    const before = known;
    const answer = await query(() => workflow.getHandle(REGISTRY_ID).query(newRowsQuery, before?.mark ?? null));
    const recent = answer && (answer.recent ? tellingModes(answer.recent) : before?.recent);
    if (answer && recent) known = { mark: answer.mark, recent };
    return recent;
  }

  /** How many there are within reach. One that has just begun may not count yet. */
  async function countServices(reach: Reach): Promise<number> {
    const where = [RUNNING_SERVICES, ...withinReach(reach)].join(' AND ');
    const { count } = await reached(READ_MS, () => workflow.count(where));
    return count;
  }

  async function readService(name: string): Promise<Told<ServiceView> | undefined> {
    const id = serviceWorkflowId(name);
    const view = await query(() => workflow.getHandle(id).query(describeQuery));
    if (view) return { value: view, stale: false };
    const known = await lastTold(name);
    return known && { value: known, stale: true };
  }

  /** What it told of itself when something last changed: that takes no worker. */
  async function lastTold(name: string): Promise<ServiceView | undefined> {
    const info = await describe(serviceWorkflowId(name), WORKFLOWS.service);
    if (info?.status.name === 'COMPLETED') return undefined; // it was unregistered
    return info?.memo?.[VIEW_MEMO] as ServiceView | undefined;
  }

  /** Oldest first. Only the service itself knows: it takes a worker. */
  async function readServiceEvents(name: string): Promise<ServiceEvent[]> {
    const events = await query(() => workflow.getHandle(serviceWorkflowId(name)).query(eventsQuery));
    if (!events) throw new SlipwayError('temporal_unavailable');
    return events;
  }

  /** Durable once this resolves. Its place among deployments is by Temporal's clock, as theirs is. */
  async function commandService(name: string, asked: Omit<Operation, 'acceptedAt'>): Promise<void> {
    const operation: Operation = { ...asked, acceptedAt: await clock.now() };
    try {
      await reached(READ_MS, () => workflow.getHandle(serviceWorkflowId(name)).signal(commandSignal, operation));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new SlipwayError('not_found', { params: { what: name } });
      throw error;
    }
  }

  /** The last beat of a host: no worker is needed to read it. Asked no more often than it beats. */
  function readHostBeat(hostId: string): Promise<HeardBeat | undefined> {
    const known = beats.get(hostId);
    if (known && Date.now() - known.at < BEAT_MS) return known.beat;
    const beat = askHostBeat(hostId);
    beats.set(hostId, { at: Date.now(), beat });
    const forget = (): void => void beats.delete(hostId); // the next call asks again
    beat.then((found) => found ?? forget(), forget);
    return beat;
  }

  async function askHostBeat(hostId: string): Promise<HeardBeat | undefined> {
    const info = await describe(hostWorkflowId(hostId), WORKFLOWS.host);
    const beating = info?.raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'beatHost');
    const details = beating?.heartbeatDetails?.payloads?.[0];
    if (!details) return undefined;
    const beat = defaultPayloadConverter.fromPayload<HostBeat>(details);
    const heardMs = optionalTsToMs(beating.lastHeartbeatTime) ?? Date.parse(beat.at);
    return { ...beat, silentMs: (await clock.now()) - heardMs };
  }
}
