// Reads the last state of every service from the memos in Temporal's visibility, so that no worker is needed.
import type { Client } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { VIEW_MEMO, WORKFLOWS } from './contract/names.js';
import type { ServiceView } from './contract/views.js';

/** The parts of the Temporal client that these functions use. */
export type MemoClient = Pick<Client, 'workflowService' | 'options'>;

export interface MemoPage {
  views: ServiceView[];
  /** The start of the next page, in base64url. Absent on the last page. */
  next?: string;
}

export interface MemoQuery {
  pageSize: number;
  next?: string;
  /** Additional conditions in Temporal's query language, such as `SlipwayService = 'shop'`. */
  where?: readonly string[];
}

export const RUNNING_SERVICES = `WorkflowType = '${WORKFLOWS.service}' AND ExecutionStatus = 'Running'`;
/** The rows per page. A row takes 1 to 3 KB, and gRPC messages of Temporal are limited to 4 MiB. */
const PAGE_SIZE = 500;
/** gRPC RESOURCE_EXHAUSTED: the response exceeded the message limit. */
const TOO_LARGE = 8;

/** Reads a page, latest started first. A page may have fewer rows than requested even if it isn't the last. */
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
