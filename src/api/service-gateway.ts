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
import { readServiceMemos } from '../service-memos.js';
import { isUnreachable, READ_MS, type TemporalCalls, type Told } from './temporal-calls.js';
import type { TemporalClock } from './temporal-clock.js';
import { createUpdates, untilTold } from './updates.js';

const BEAT_MS = 2_000;
/** A worker that was killed is noticed, and there again, by then. */
const THERE_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 250;

type Call = RegisterInput | PatchInput | UnregisterInput;
/** As the API's routes ask it. */
export type Asked<I extends Call> = Omit<I, 'answerBy' | 'token'>;

/** What a host last told of itself, and for how long it has told nothing since. */
export type HeardBeat = HostBeat & { silentMs: number };

export function createServiceGateway(
  { workflow, connection }: Pick<Client, 'workflow' | 'connection'>,
  { describe, query, reach }: TemporalCalls,
  clock: TemporalClock,
) {
  const update = createUpdates({ connection }, clock);
  let known: Required<NewRows> | undefined;
  const beats = new Map<string, { at: number; beat: Promise<HeardBeat | undefined> }>();

  return {
    awaitService,
    commandService,
    patchService: (asked: Asked<PatchInput>) => change(patchUpdate, asked),
    readHostBeat,
    readService,
    readServiceEvents,
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

  async function readServices(): Promise<Told<ServiceRow[]>> {
    const before = known;
    const answer = await query(() => workflow.getHandle(REGISTRY_ID).query(newRowsQuery, before?.mark ?? null));
    const rows = answer && (answer.rows ?? before?.rows);
    if (rows) {
      known = { mark: answer.mark, rows };
      return { value: rows, stale: false };
    }
    const told = await reach(READ_MS, () => readServiceMemos(workflow));
    return { value: told.sort((a, b) => (a.name < b.name ? -1 : 1)).map(rowOf), stale: true };
  }

  async function readService(name: string): Promise<Told<ServiceView> | undefined> {
    const id = serviceWorkflowId(name);
    const view = await query(() => workflow.getHandle(id).query(describeQuery));
    if (view) return { value: view, stale: false };
    const info = await describe(id, WORKFLOWS.service);
    if (info?.status.name === 'COMPLETED') return undefined; // it was unregistered
    const known = info?.memo?.[VIEW_MEMO] as ServiceView | undefined;
    return known && { value: known, stale: true };
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
      await reach(READ_MS, () => workflow.getHandle(serviceWorkflowId(name)).signal(commandSignal, operation));
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
