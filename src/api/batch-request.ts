// A batch as a client sends it -> items that may reach Temporal: every wrong one is named, and then nothing starts.
import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { cycleWords, findCycle } from '../contract/dependencies.js';
import type { BatchItem } from '../contract/messages.js';
import { deploymentId, OWN_SERVICE } from '../contract/names.js';
import { batchSchema, type StartRequest } from '../contract/requests.js';
import { say, type TextKey, type TextParams } from '../contract/texts.js';
import type { ServiceRow } from '../contract/views.js';
import type { FieldError } from '../contract/wrong-fields.js';
import type { ApiDeps } from './deps.js';
import { InvalidRequest } from './errors.js';
import { languageOf } from './language.js';
import { parse } from './parse.js';
import { readStartRequest, sealStartRequest } from './start-request.js';

interface Wanted {
  path: string;
  request: StartRequest;
  dependsOn: string[];
}

interface AskedBatch {
  wanted: Wanted[];
  onFailure: 'continue' | 'stop';
  maxParallel?: number;
}

/** The requests of a batch, as far as they can be judged by themselves. */
export async function readBatch(req: Request): Promise<AskedBatch> {
  const { deployments, on_failure: onFailure, max_parallel: maxParallel } = parse(batchSchema, req.body, req);
  const wrong: FieldError[] = [];
  const wanted: Wanted[] = [];
  for (const [index, { depends_on: dependsOn, ...body }] of deployments.entries()) {
    const path = `deployments.${index}`;
    const request = await collecting(wrong, path, () => readStartRequest(body, req));
    if (request) wanted.push({ path, request, dependsOn });
  }
  if (wrong.length > 0) throw new InvalidRequest(wrong);
  return { wanted, onFailure, ...(maxParallel !== undefined && { maxParallel }) };
}

/** Sealed, named, and put in order with what is registered. */
export async function sealBatch(deps: ApiDeps, wanted: readonly Wanted[], req: Request): Promise<BatchItem[]> {
  const wrong: FieldError[] = [];
  const now = new Date();
  const items: (BatchItem & Wanted)[] = [];
  for (const item of wanted) {
    const sealed = await collecting(wrong, item.path, () => sealStartRequest(deps, item.request, req));
    if (!sealed) continue;
    const id = deploymentId(item.request.mode, now, randomBytes(8));
    items.push({ ...item, ...sealed, deploymentId: id, after: [], needs: [] });
  }
  if (wrong.length > 0) throw new InvalidRequest(wrong);
  const { value: rows } = await deps.gateway.readServices();
  return inOrder(items, rows, req);
}

/** Dependencies are those that the batch names, and those that are registered among its services. */
function inOrder(items: (BatchItem & Wanted)[], rows: readonly ServiceRow[], req: Request): BatchItem[] {
  const inBatch = new Set(items.map(({ service }) => service));
  const registered = new Map(rows.map((row) => [row.name, row.depends_on]));
  const wrong: FieldError[] = [];
  const refuse = (path: string, text: TextKey, params: TextParams): void => {
    wrong.push({ path, message: say(text, params, languageOf(req)) });
  };
  const seen = new Set<string>();
  const ordered = items.map(({ path, dependsOn, ...item }) => {
    const { service } = item;
    if (seen.has(service)) refuse(`${path}.config.service`, 'field.service_twice', { service });
    seen.add(service);
    const missing = dependsOn.filter((name) => name !== OWN_SERVICE && !inBatch.has(name) && !registered.has(name));
    if (missing.length > 0) refuse(`${path}.depends_on`, 'field.missing_dependencies', { names: missing.join(', ') });
    const needed = [...new Set([...dependsOn, ...(registered.get(service) ?? [])])];
    const after = needed.filter((name) => inBatch.has(name));
    const needs = dependsOn.filter((name) => name !== OWN_SERVICE && !inBatch.has(name));
    return { ...item, after, needs };
  });
  const cycle = findCycle(new Map(ordered.map(({ service, after }) => [service, after])));
  if (cycle) {
    const at = items.find(({ service }) => service === cycle[0]);
    refuse(`${at?.path ?? 'deployments'}.depends_on`, 'field.dependency_cycle', { cycle: cycleWords(cycle) });
  }
  if (wrong.length > 0) throw new InvalidRequest(wrong);
  return ordered;
}

/** What is wrong with fields is kept, under the item's path: any other error is the whole call's. */
async function collecting<T>(wrong: FieldError[], path: string, read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    wrong.push(
      ...error.fields.map((field) => ({ ...field, path: field.path === '' ? path : `${path}.${field.path}` })),
    );
    return undefined;
  }
}
