// The routes of batches: many deployments in one call.
import { randomBytes } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import { SlipwayError } from '../../contract/errors.js';
import { batchId, isDeploymentId } from '../../contract/names.js';
import { fixedText } from '../../contract/texts.js';
import { batchBody, blankBatch, type BatchState } from '../../contract/batches.js';
import { progressPercentage } from '../../contract/views.js';
import type { Warning } from '../../contract/warnings.js';
import { createAddressGuard } from '../../address-guard.js';
import { announceStart, describeTarget, isLimited, mayDo, mustReachFound } from '../auth.js';
import { startWithinBudget } from '../budgets.js';
import { mustReachItems, readBatch, sealBatch } from '../batch-request.js';
import type { ApiDeps } from '../deps.js';
import { jsonBody } from '../json-body.js';
import { languageOf } from '../language.js';
import { refuseMaintenance } from '../maintenance.js';
import { refuseKnownUnavailable } from '../managers.js';
import { methods } from '../negotiation.js';
import { refuseQuery } from '../parse.js';
import { refuseQueryOf, unknown } from '../route-resource.js';
import { batchLeftDataWarnings, batchWarnings, warningsBody } from '../start-warnings.js';
import { bodyMacOf, idempotencyOf } from '../start-request.js';

/** The longest wait for a cancellation, the same as for a deployment. After that, the response is 202 `cancelling`. */
const CANCEL_WAIT_MS = 10_000;
/** The maximum number of deployments whose progress is queried. Further running deployments count as 0 percent. */
const MOST_ASKED = 20;

export function batchRoutes(deps: ApiDeps): Router {
  const { gateway, config } = deps;
  const addressGuard = createAddressGuard(config.allowedNetworks);
  const router = Router();

  methods(router, '/deployments/batch', { post: [mayDo(deps, 'deploy', 'starts'), jsonBody, start] });
  methods(router, '/batches/:id', { get: [mayDo(deps, 'status'), show] });
  methods(router, '/batches/:id/cancel', { post: [mayDo(deps, 'cancel'), jsonBody, cancel] });
  return router;

  async function start(req: Request, res: Response): Promise<void> {
    const idempotency = idempotencyOf(deps, req);
    refuseQuery(req);
    const batchRequest = await readBatch(req);
    await mustReachItems(deps, batchRequest, req);
    const warnings = batchWarnings(addressGuard, batchRequest.items); // runs in parallel
    const leftDataOf = (items: readonly { service: string }[]): Promise<Warning[]> =>
      batchLeftDataWarnings(
        gateway,
        batchRequest.items,
        items.map(({ service }) => service),
      );
    const bodyMac = bodyMacOf(deps, req);
    const isReadable = batchRequest.findings.areNone; // an unreadable batch was never accepted
    const { batchId: id, before } =
      idempotency && isReadable
        ? await gateway.batchOfKey(`batch_${idempotency.hash.slice(0, 32)}`, bodyMac)
        : { batchId: batchId(new Date(), randomBytes(8)), before: undefined };
    if (before) {
      const left = await leftDataOf(before.items);
      accepted(req, res, before, [...left, ...(await warnings)]);
      return;
    }
    if (isReadable) refuseMaintenance(deps);
    const items = await sealBatch(deps, batchRequest, req);
    for (const { request } of items) await refuseKnownUnavailable(deps, request);
    const left = await leftDataOf(items);
    announceStart(req, { batch: id, count: items.length });
    const { onFailure, maxParallel = config.maxConcurrentDeployments } = batchRequest;
    const first = blankBatch(id, items, new Date().toISOString());
    const input = { batchId: id, items, onFailure, maxParallel };
    const state = await startWithinBudget(deps, req, {
      planned: { batch: id, count: items.length },
      start: () => gateway.startBatch(input, first, bodyMac),
      // Each call creates its own ids.
      isPlanned: (begun) => begun.items[0]?.deploymentId === first.items[0]?.deploymentId,
    });
    accepted(req, res, state, [...left, ...(await warnings)]);
  }

  function accepted(req: Request, res: Response, state: BatchState, warnings: Warning[]): void {
    const language = languageOf(req);
    describeTarget(req, { batch: state.batchId });
    res
      .status(202)
      .location(`/api/batches/${state.batchId}`)
      .json({
        ...batchBody(state, new Map(), language),
        message: fixedText('batchStarted', language),
        ...warningsBody(warnings, language),
      });
  }

  async function show(req: Request, res: Response): Promise<void> {
    const id = idOf(req);
    const batch = await gateway.readBatch(id);
    if (!batch) throw unknown(id);
    mustReachBatch(req, batch.value);
    refuseQuery(req);
    const { value, stale } = batch;
    res.json({ ...batchBody(value, await progressOf(value), languageOf(req)), ...(stale && { stale }) });
  }

  /** Returns the progress of the running deployments. A deployment that can't be read counts as 0 percent. */
  async function progressOf({ items }: BatchState): Promise<Map<string, number>> {
    const running = items.filter(({ status }) => status === 'running').slice(0, MOST_ASKED);
    const now = new Date();
    const percentages = running.map(async ({ deploymentId }) => {
      const deployment = await gateway.readDeployment(deploymentId);
      return [deploymentId, deployment ? progressPercentage(deployment.value, now) : 0] as const;
    });
    return new Map(await Promise.all(percentages));
  }

  async function cancel(req: Request, res: Response): Promise<void> {
    const id = idOf(req);
    describeTarget(req, { batch: id });
    if (isLimited(req)) {
      const batch = await gateway.readBatch(id);
      if (!batch) throw unknown(id);
      mustReachBatch(req, batch.value);
    }
    await refuseQueryOf(id, req, () => gateway.readBatch(id));
    const ended = await gateway.cancelBatch(id, CANCEL_WAIT_MS);
    if (ended === undefined) throw unknown(id);
    const language = languageOf(req);
    if (ended === 'cancelling') {
      res.status(202).json({ batch_id: id, status: 'cancelling', message: fixedText('batchCancelling', language) });
      return;
    }
    const { status, endTime } = ended;
    if (status !== 'cancelled') throw new SlipwayError('already_finished', { params: { id, status } });
    res.json({ batch_id: id, status, message: fixedText('batchCancelled', language), cancelled_at: endTime });
  }
}

/** Throws `forbidden` unless the caller may access all services of the batch. */
function mustReachBatch(req: Request, { items }: BatchState): void {
  mustReachFound(
    req,
    items.map(({ service }) => service),
  );
}

function idOf(req: Request): string {
  const id = String(req.params.id);
  if (!isDeploymentId(id)) throw unknown(id);
  return id;
}
