import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from '@jest/globals';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { WORKFLOWS } from '../../src/contract/names.js';
import * as workflows from '../../src/workflows/index.js';
import { quietRuntime, workflowBundle } from '../support/workflow-server.js';

// Each was saved from a real run by `npm run histories`. A change that does not replay them needs `patched()`.
const FOLDER = fileURLToPath(new URL('histories/', import.meta.url));
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

interface Started {
  workflowExecutionStartedEventAttributes: { workflowId: string };
}
interface SavedHistory {
  events: [Started, ...object[]];
}
const read = (file: string): SavedHistory => JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')) as SavedHistory;

let options: ReplayWorkerOptions;
beforeAll(async () => {
  quietRuntime();
  options = { workflowBundle: await workflowBundle() };
});

/** Under its own id, which workflows go by. */
function replay(history: SavedHistory): Promise<void> {
  const [started] = history.events;
  return Worker.runReplayHistory(options, history, started.workflowExecutionStartedEventAttributes.workflowId);
}

it('every workflow type has a saved history', () => {
  expect(Object.keys(workflows).sort()).toEqual(Object.keys(WORKFLOWS).sort());
  const saved = new Set(FILES.map((file) => file.split('-')[0]));
  expect([...saved].sort()).toEqual(Object.keys(workflows).sort());
});

it.each(FILES)('%s replays with the current workflows', async (file) => {
  await replay(read(file));
});

it('a history with different activities than the current workflows doesn’t replay', async () => {
  const text = JSON.stringify(read('deployment-completed.json'));
  const other = text.replaceAll('"name":"checkUv"', '"name":"checkFallback"');
  expect(other).not.toBe(text);
  await expect(replay(JSON.parse(other) as SavedHistory)).rejects.toThrow(DeterminismViolationError);
});

it('a history with a changed activation outcome doesn’t replay', async () => {
  const text = JSON.stringify(read('deployment-completed.json'));
  const other = text.replaceAll(/"data":"([^"]+)"/g, (_, data: string) => {
    const payload = Buffer.from(data, 'base64').toString().replace('"kind":"activated"', '"kind":"cancelled"');
    return `"data":"${Buffer.from(payload).toString('base64')}"`;
  });
  expect(other).not.toBe(text);
  await expect(replay(JSON.parse(other) as SavedHistory)).rejects.toThrow(DeterminismViolationError);
});
