// What the API asks of services and hosts, and hands on to services.
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { SlipwayError } from '../contract/errors.js';
import { commandSignal, describeQuery, eventsQuery, rowsQuery, type Operation } from '../contract/messages.js';
import { hostWorkflowId, REGISTRY_ID, serviceWorkflowId, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import type { HostBeat, ServiceEvent, ServiceView } from '../contract/views.js';
import { readServiceMemos } from '../service-memos.js';
import { READ_MS, type TemporalCalls, type Told } from './temporal-calls.js';

const BEAT_MS = 2_000;

export function createServiceGateway(
  { workflow }: Pick<Client, 'workflow'>,
  { describe, query, reach }: TemporalCalls,
) {
  const beats = new Map<string, { at: number; beat: Promise<HostBeat | undefined> }>();

  return { commandService, readHostBeat, readService, readServiceEvents, readServices };

  async function readServices(): Promise<Told<ServiceView[]>> {
    const rows = await query(() => workflow.getHandle(REGISTRY_ID).query(rowsQuery));
    if (rows) return { value: rows, stale: false };
    const told = await reach(READ_MS, () => readServiceMemos(workflow));
    return { value: told.sort((a, b) => (a.name < b.name ? -1 : 1)), stale: true };
  }

  async function readService(name: string): Promise<Told<ServiceView> | undefined> {
    const id = serviceWorkflowId(name);
    const view = await query(() => workflow.getHandle(id).query(describeQuery));
    if (view) return { value: view, stale: false };
    const known = (await describe(id, WORKFLOWS.service))?.memo?.[VIEW_MEMO] as ServiceView | undefined;
    return known && { value: known, stale: true };
  }

  /** Oldest first. Only the service itself knows: it takes a worker. */
  async function readServiceEvents(name: string): Promise<ServiceEvent[]> {
    const events = await query(() => workflow.getHandle(serviceWorkflowId(name)).query(eventsQuery));
    if (!events) throw new SlipwayError('temporal_unavailable');
    return events;
  }

  /** Durable once this resolves. */
  async function commandService(name: string, operation: Operation): Promise<void> {
    try {
      await reach(READ_MS, () => workflow.getHandle(serviceWorkflowId(name)).signal(commandSignal, operation));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new SlipwayError('not_found', { params: { what: name } });
      throw error;
    }
  }

  /** The last beat of a host: no worker is needed to read it. Asked no more often than it beats. */
  function readHostBeat(hostId: string): Promise<HostBeat | undefined> {
    const known = beats.get(hostId);
    if (known && Date.now() - known.at < BEAT_MS) return known.beat;
    const beat = askHostBeat(hostId);
    beats.set(hostId, { at: Date.now(), beat });
    const forget = (): void => void beats.delete(hostId); // the next call asks again
    beat.then((found) => found ?? forget(), forget);
    return beat;
  }

  async function askHostBeat(hostId: string): Promise<HostBeat | undefined> {
    const info = await describe(hostWorkflowId(hostId), WORKFLOWS.host);
    const beating = info?.raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'beatHost');
    const details = beating?.heartbeatDetails?.payloads?.[0];
    return details ? defaultPayloadConverter.fromPayload<HostBeat>(details) : undefined;
  }
}
