import { describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { readMemoPage, readServiceMemos, type MemoClient } from '../../src/service-memos.js';

interface Asked {
  pageSize: number;
  nextPageToken?: Buffer;
  query: string;
}

/** A list of so many services, of which a message holds no more than `most`. */
function listOf(count: number, most: number) {
  const asked: Asked[] = [];
  const executionOf = (n: number) => ({
    execution: { workflowId: `service:s${n}`, runId: 'r' },
    type: { name: 'service' },
    status: 1,
    historyLength: { toNumber: () => 1 },
    startTime: msToTs(0),
    memo: { fields: { view: defaultPayloadConverter.toPayload({ name: `s${n}` }) } },
    searchAttributes: { indexedFields: {} },
  });
  const listWorkflowExecutions = (request: Asked) => {
    asked.push(request);
    const from = request.nextPageToken === undefined ? 0 : Number(request.nextPageToken.toString());
    const to = Math.min(count, from + request.pageSize);
    if (to - from > most) return Promise.reject(Object.assign(new Error('too large'), { code: 8 }));
    const executions = Array.from({ length: to - from }, (_, n) => executionOf(from + n));
    return Promise.resolve({ executions, nextPageToken: to < count ? Buffer.from(String(to)) : Buffer.alloc(0) });
  };
  const client = {
    workflowService: { listWorkflowExecutions },
    options: {
      namespace: 'default',
      loadedDataConverter: { payloadConverter: defaultPayloadConverter, payloadCodecs: [] },
    },
  };
  return { asked, client: client as unknown as MemoClient };
}

describe('memos of services', () => {
  it('the memos of 1,200 services are read in pages of 500', async () => {
    const { client, asked } = listOf(1200, 1000);
    const views = await readServiceMemos(client);
    expect(views.map(({ name }) => name)).toEqual(Array.from({ length: 1200 }, (_, n) => `s${n}`));
    expect(asked.map(({ pageSize }) => pageSize)).toEqual([500, 500, 500]);
  });

  it('a page of memos that is too large is requested again with half the size', async () => {
    const { client, asked } = listOf(300, 100);
    const { views, next } = await readMemoPage(client, { pageSize: 300 });
    expect(asked.map(({ pageSize }) => pageSize)).toEqual([300, 150, 75]);
    expect(views).toHaveLength(75);
    expect((await readMemoPage(client, { pageSize: 50, next })).views[0]).toEqual({ name: 's75' });
  });

  it('reading memos fails if a single memo is too large or if another error occurs', async () => {
    await expect(readMemoPage(listOf(3, 0).client, { pageSize: 4 })).rejects.toMatchObject({ code: 8 });
    const away = { listWorkflowExecutions: () => Promise.reject(new Error('away')) };
    const client = { ...listOf(1, 1).client, workflowService: away } as unknown as MemoClient;
    await expect(readMemoPage(client, { pageSize: 1 })).rejects.toThrow('away');
  });

  it('memos are read with additional conditions in the query', async () => {
    const { client, asked } = listOf(1, 1);
    await readMemoPage(client, { pageSize: 1, where: ["SlipwayService = 's0'"] });
    expect(asked[0]?.query).toBe("WorkflowType = 'service' AND ExecutionStatus = 'Running' AND SlipwayService = 's0'");
  });
});
