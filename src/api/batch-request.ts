// Validates and seals the requests of a batch. All errors are collected before anything is started.
import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { cycleWords, findCycle } from '../contract/dependencies.js';
import type { BatchItem } from '../contract/messages.js';
import { deploymentId, OWN_SERVICE, sourceName } from '../contract/names.js';
import {
  batchItemPartsSchema,
  batchItemSchema,
  batchItemsSchema,
  batchSchema,
  type Source,
  type StartRequest,
} from '../contract/requests.js';
import { translate, type TextKey, type TextParams } from '../contract/texts.js';
import type { ServiceRow } from '../contract/views.js';
import { mustAlsoReach, mustReach } from './auth.js';
import type { ApiDeps } from './deps.js';
import { ValidationErrors } from './validation-errors.js';
import { languageOf } from './language.js';
import { parse } from './parse.js';
import { checkSource, readStartRequest, sealStartRequest, serviceNameOf, type SealedStart } from './start-request.js';

interface Item {
  path: string;
  dependsOn: string[];
  /** Absent if the item is invalid. */
  request?: StartRequest;
  source?: Source;
  /** The service of an invalid item, as far as it can be determined. */
  service?: string;
}

interface ParsedBatch {
  items: Item[];
  findings: ValidationErrors;
  onFailure: 'continue' | 'stop';
  maxParallel?: number;
}

/** Parses the items of a batch, and collects the errors of each item. */
export async function readBatch(req: Request): Promise<ParsedBatch> {
  const findings = new ValidationErrors();
  const batch = await findings.of('', () => parse(batchSchema, req.body, req));
  const { deployments } = (req.body ?? {}) as { deployments?: unknown };
  const { data: listed = [] } = batchItemsSchema.safeParse(deployments);
  const items: Item[] = [];
  for (const [index, body] of listed.entries()) items.push(await readItem(findings, `deployments.${index}`, body, req));
  const { on_failure: onFailure = 'continue', max_parallel: maxParallel } = batch ?? {};
  return { items, findings, onFailure, ...(maxParallel !== undefined && { maxParallel }) };
}

async function readItem(findings: ValidationErrors, path: string, body: unknown, req: Request): Promise<Item> {
  const beside = await findings.of(path, () => parse(batchItemSchema, body, req));
  const dependsOn = beside?.depends_on ?? [];
  const { data: parts } = batchItemPartsSchema.safeParse(body);
  if (!parts) return { path, dependsOn };
  const { depends_on, ...startBody } = body as Record<string, unknown>;
  const request = await findings.of(path, () => readStartRequest(startBody, req));
  const { source, service = source && sourceName(source) } = parts.config;
  return { path, dependsOn, ...(request && { request }), ...(source && { source }), ...(service && { service }) };
}

/**
 * Checks that the caller may access all services of the batch. The check comes before any look-up, because later errors
 * would reveal which services exist.
 */
export async function mustReachItems({ config }: ApiDeps, { items }: ParsedBatch, req: Request): Promise<void> {
  const services = items.flatMap(
    ({ request, service }) => (request ? serviceNameOf(config, request.config) : service) ?? [],
  );
  mustReach(req, ...services);
  const needed = items.flatMap(({ dependsOn }) => dependsOn).filter((name) => !services.includes(name));
  await mustAlsoReach(req, 'status', needed);
}

interface Judged extends Item {
  sealed?: SealedStart & { deploymentId: string };
}

/** Seals the items, assigns deployment ids, and orders the items by their dependencies. */
export async function sealBatch(deps: ApiDeps, { items, findings }: ParsedBatch, req: Request): Promise<BatchItem[]> {
  if (items.length === 0) findings.refuse();
  const now = new Date();
  const judged: Judged[] = [];
  for (const item of items) judged.push(await judge(deps, findings, item, now, req));
  const { value: rows } = await deps.gateway.readServices();
  const ordered = inOrder(judged, rows, (path, text, params) => {
    findings.add(path, translate(text, params, languageOf(req)));
  });
  findings.refuse();
  return ordered;
}

async function judge(deps: ApiDeps, findings: ValidationErrors, item: Item, now: Date, req: Request): Promise<Judged> {
  const { path, request, source } = item;
  if (!request) {
    await findings.of(path, () => checkSource(deps, source, req));
    return item;
  }
  const sealed = await findings.of(path, () => sealStartRequest(deps, request, req));
  if (!sealed) return item;
  const id = deploymentId(request.mode, now, randomBytes(8));
  return { ...item, service: sealed.service, sealed: { ...sealed, deploymentId: id } };
}

type Refuse = (path: string, text: TextKey, params: TextParams) => void;

/**
 * Orders the items. Dependencies are the ones that the batch names and the ones that are registered between its
 * services.
 */
function inOrder(items: readonly Judged[], rows: readonly ServiceRow[], refuse: Refuse): BatchItem[] {
  const registered = new Map(rows.map((row) => [row.name, row]));
  const inBatch = new Set(items.flatMap(({ service }) => service ?? []));
  // A missing dependency may be one of these items.
  const isAnyNameless = items.some(({ service }) => service === undefined);
  const afters = new Map<string, string[]>();
  const ordered = items.map(({ path, dependsOn, service, sealed }) => {
    const missing = dependsOn.filter((name) => name !== OWN_SERVICE && !inBatch.has(name) && !registered.has(name));
    if (missing.length > 0 && !isAnyNameless)
      refuse(`${path}.depends_on`, 'field.missing_dependencies', { names: missing.join(', ') });
    if (service === undefined) return [];
    if (afters.has(service)) refuse(`${path}.config.service`, 'field.service_twice', { service });
    const row = registered.get(service);
    if (row?.kind === 'external') refuse(`${path}.config.service`, 'field.external_service', { service });
    const needed = [...new Set([...dependsOn, ...(row?.depends_on ?? [])])];
    const after = needed.filter((name) => inBatch.has(name));
    const needs = dependsOn.filter((name) => name !== OWN_SERVICE && !inBatch.has(name));
    afters.set(service, [...(afters.get(service) ?? []), ...after]);
    return sealed ? [{ ...sealed, after, needs }] : [];
  });
  const cycle = findCycle(afters);
  if (cycle) {
    const at = items.find(({ service }) => service === cycle[0]);
    refuse(`${at?.path ?? 'deployments'}.depends_on`, 'field.dependency_cycle', { cycle: cycleWords(cycle) });
  }
  return ordered.flat();
}
