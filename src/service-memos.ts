// What every service last told of itself: read off the memos in Temporal's visibility, so that no worker is needed.
import type { Client } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { VIEW_MEMO, WORKFLOWS } from './contract/names.js';
import type { ServiceView } from './contract/views.js';

/** The way to Temporal that is taken for each call. */
export type MemoClient = Pick<Client, 'workflowService' | 'options'>;

export interface MemoPage {
  views: ServiceView[];
  /** Where the next page begins, in base64url. Absent after the last one. */
  next?: string;
}

export interface MemoQuery {
  pageSize: number;
  next?: string;
  /** More of Temporal's query language, such as `SlipwayService = 'shop'`. */
  where?: readonly string[];
}

export const RUNNING_SERVICES = `WorkflowType = '${WORKFLOWS.service}' AND ExecutionStatus = 'Running'`;
/** A row takes 1 to 3 KB; a message between Temporal and its clients holds 4 MiB. */
const PAGE_SIZE = 500;
/** gRPC RESOURCE_EXHAUSTED: the answer was larger than a message may be. */
const TOO_LARGE = 8;

/** Latest started first. It may have fewer rows than were asked for, and yet not be the last. */
export async function readMemoPage(client: MemoClient, { pageSize, next, where = [] }: MemoQuery): Promise<MemoPage> {
  const { namespace, loadedDataConverter: converter } = client.options;
  for (let size = pageSize; ; size = Math.ceil(size / 2)) {
    try {
      const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
        namespace,
        query: [RUNNING_SERVICES, ...where].join(' AND '),
        pageSize: size,
        nextPageToken: next === undefined ? undefined : Buffer.from(next, 'base64url'),
      });
      const infos = await Promise.all(executions.map((raw) => executionInfoFromRaw(raw, converter, raw, namespace)));
      return {
        views: infos.flatMap(({ memo }) => (memo?.[VIEW_MEMO] as ServiceView | undefined) ?? []),
        ...(nextPageToken.length > 0 && { next: Buffer.from(nextPageToken).toString('base64url') }),
      };
    } catch (error) {
      if ((error as { code?: unknown }).code !== TOO_LARGE || size === 1) throw error;
    }
  }
}

export async function readServiceMemos(client: MemoClient): Promise<ServiceView[]> {
  const views: ServiceView[] = [];
  let next: string | undefined;
  do {
    const page = await readMemoPage(client, { pageSize: PAGE_SIZE, next });
    views.push(...page.views);
    next = page.next;
  } while (next !== undefined);
  return views;
}
