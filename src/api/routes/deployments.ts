// The routes of deployments: start, list, read, progress, logs, cancel.
import { randomBytes } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import { deliveryBody } from '../../contract/callbacks.js';
import { SlipwayError } from '../../contract/errors.js';
import { deploymentLog } from '../../contract/layout.js';
import { deploymentId, isDeploymentId } from '../../contract/names.js';
import type { AdmitAnswer } from '../../contract/messages.js';
import { listQuerySchema, logsQuerySchema, type StartRequest } from '../../contract/requests.js';
import { isEnded } from '../../contract/states.js';
import { fixedText, storedMessage } from '../../contract/texts.js';
import { API_VERSION, progressBody, statusBody, type DeploymentState } from '../../contract/views.js';
import type { Warning } from '../../contract/warnings.js';
import { createAddressGuard } from '../../address-guard.js';
import { announceStart, describeTarget, isLimited, mayDo, mustReach, mustReachFound, reachOf } from '../auth.js';
import { startWithinBudget } from '../budgets.js';
import { markCursor, openCursor } from '../cursor.js';
import type { ApiDeps } from '../deps.js';
import type { MaybeStale } from '../temporal-calls.js';
import { Refusal } from '../errors.js';
import { healthBody } from '../health.js';
import { jsonBody } from '../json-body.js';
import { languageOf } from '../language.js';
import { refuseMaintenance } from '../maintenance.js';
import { refuseKnownUnavailable } from '../managers.js';
import { accepts, methods } from '../negotiation.js';
import { fieldError, noQuery, parse, refuseQuery } from '../parse.js';
import { refuseQueryOf, routeResource, unknown } from '../route-resource.js';
import { leftDataWarnings, startWarnings, warningsBody } from '../start-warnings.js';
import { idempotencyOf, readStartRequest, sealStartRequest, serviceNameOf } from '../start-request.js';

/** The longest wait for a cancellation. After that, the response is 202 `cancelling`. */
const CANCEL_WAIT_MS = 10_000;
/** The time after which a slot may be free: half of a short deployment. */
const RETRY_AFTER_SECONDS = '5';

export function deploymentRoutes(deps: ApiDeps): Router {
  const { gateway, folder, streams } = deps;
  const addressGuard = createAddressGuard(deps.config.allowedNetworks);
  const router = Router();
  const deployment = routeResource<MaybeStale<DeploymentState>>(
    'id',
    async (id) => (isDeploymentId(id) ? gateway.readDeployment(id) : undefined),
    ({ value }) => ({ services: [value.service], target: { deployment: value.deploymentId } }),
  );

  for (const path of ['/deployment/health', '/deployments/health']) {
    methods(router, path, {
      get: [
        mayDo(deps, 'health'),
        noQuery,
        async (req, res) => {
          const body = await healthBody(deps, languageOf(req));
          res.status(body.api_status === 'error' ? 503 : 200).json(body);
        },
      ],
    });
  }

  methods(router, '/deployments', {
    get: [mayDo(deps, 'list'), list],
    post: [mayDo(deps, 'deploy', 'starts'), jsonBody, start],
  });
  methods(router, '/deployments/:id', { get: [mayDo(deps, 'status'), deployment.find, noQuery, status] });
  methods(router, '/deployments/:id/progress', { get: [mayDo(deps, 'progress'), deployment.find, noQuery, progress] });
  methods(router, '/deployments/:id/logs', { get: [mayDo(deps, 'logs'), deployment.find, logs] });
  methods(router, '/deployments/:id/callbacks', { get: [mayDo(deps, 'status'), deployment.find, noQuery, deliveries] });
  methods(router, '/deployments/:id/cancel', { post: [mayDo(deps, 'cancel'), jsonBody, cancel] });
  return router;

  async function start(req: Request, res: Response): Promise<void> {
    const idempotency = idempotencyOf(deps, req);
    refuseQuery(req);
    const request = readStartRequest(req.body, req);
    const name = serviceNameOf(deps.config, request.config);
    if (name !== undefined) mustReach(req, name);
    // A repeat of an accepted call gets the same answer, whatever has changed since.
    const warnings = startWarnings(addressGuard, request); // runs in parallel
    const before = idempotency && (await gateway.answerBefore(idempotency));
    if (before) {
      const existing = await gateway.readDeployment(before.deploymentId);
      const service = existing?.value.service ?? null;
      const left = await leftDataWarnings(gateway, request, service);
      accepted(req, res, request, { service, answer: before, warnings: [...left, ...(await warnings)] });
      return;
    }
    refuseMaintenance(deps);
    const sealed = await sealStartRequest(deps, request, req);
    await refuseKnownUnavailable(deps, request);
    const left = await leftDataWarnings(gateway, request, sealed.service);
    const id = deploymentId(request.mode, new Date(), randomBytes(8));
    announceStart(req, { deployment: id, count: 1 });
    const answer = await startWithinBudget(deps, req, {
      planned: { deployment: id, count: 1 },
      start: () => withRetryAfter(() => gateway.admit({ ...sealed, idempotency, deploymentId: id })),
      isPlanned: (answer) => answer.deploymentId === id,
    });
    accepted(req, res, request, { service: sealed.service, answer, warnings: [...left, ...(await warnings)] });
  }

  function accepted(
    req: Request,
    res: Response,
    { mode, metadata }: StartRequest,
    { service, answer, warnings }: { service: string | null; answer: AdmitAnswer; warnings: Warning[] },
  ): void {
    const language = languageOf(req);
    const url = `/api/deployments/${answer.deploymentId}`;
    describeTarget(req, { deployment: answer.deploymentId, ...(service !== null && { service }) });
    res
      .status(202)
      .location(url)
      .json({
        deployment_id: answer.deploymentId,
        status: answer.status,
        message: fixedText('started', 'zh-TW'),
        ...(languageOf(req) === 'en' && { message_en: fixedText('started', 'en') }),
        mode,
        service,
        start_time: answer.startTime,
        estimated_duration: answer.estimatedSeconds,
        ...(answer.queuePosition !== undefined && { queue_position: answer.queuePosition }),
        ...warningsBody(warnings, language),
        progress_url: `${url}/progress`,
        logs_url: `${url}/logs`,
        metadata: { ...metadata, api_version: API_VERSION },
      });
  }

  async function list(req: Request, res: Response): Promise<void> {
    const filter = parse(listQuerySchema, req.query, req);
    const listing = { list: 'deployments', reach: reachOf(req) } as const;
    const given = filter.cursor === undefined ? undefined : openCursor(folder.secrets, listing, filter.cursor);
    if (filter.cursor !== undefined && given === undefined) throw fieldError('cursor', 'field.cursor', req);
    const { states, cursor } = await gateway.list({ ...filter, cursor: given, reach: listing.reach });
    if (cursor !== undefined) {
      const query = { ...(req.query as Record<string, string>), cursor: markCursor(folder.secrets, listing, cursor) };
      res.set('Link', `</api/deployments?${new URLSearchParams(query).toString()}>; rel="next"`);
    }
    const now = new Date();
    res.json(states.map((state) => statusBody(state, now, languageOf(req))));
  }

  function status(req: Request, res: Response): void {
    const { value, stale } = deployment.of(req);
    res.json({ ...statusBody(value, new Date(), languageOf(req)), ...(stale && { stale }) });
  }

  async function progress(req: Request, res: Response): Promise<void> {
    const type = accepts(req, ['application/json', 'text/event-stream']);
    const current = deployment.of(req);
    if (type === 'text/event-stream') return streams.progress(req, res, current);
    const { value, stale } = current;
    res.json({ ...progressBody(value, new Date(), languageOf(req)), ...(stale && { stale }) });
  }

  async function logs(req: Request, res: Response): Promise<void> {
    const type = accepts(req, ['text/plain', 'application/x-ndjson', 'text/event-stream']);
    const current = deployment.of(req);
    const filter = parse(logsQuerySchema, req.query, req);
    if (type === 'text/event-stream') return streams.deploymentLog(req, res, current, filter);
    await streams.wholeLog(req, res, {
      files: [deploymentLog(folder.layout, current.value.deploymentId)],
      filter,
      type,
    });
  }

  async function mustReachDeployment(req: Request, id: string): Promise<void> {
    const current = await gateway.readDeployment(id);
    if (!current) throw unknown(id);
    mustReachFound(req, [current.value.service]);
  }

  async function deliveries(req: Request, res: Response): Promise<void> {
    const { value } = deployment.of(req);
    const all = await gateway.readDeliveries(value.deploymentId);
    res.json(all.map((delivery) => deliveryBody(delivery, languageOf(req))));
  }

  async function cancel(req: Request, res: Response): Promise<void> {
    const id = idOf(req);
    describeTarget(req, { deployment: id });
    if (isLimited(req)) await mustReachDeployment(req, id);
    await refuseQueryOf(id, req, () => gateway.readDeployment(id));
    const ended = await gateway.cancel(id, CANCEL_WAIT_MS);
    if (ended === undefined) throw unknown(id);
    if (ended !== 'cancelling' && ended.value.service !== null) describeTarget(req, { service: ended.value.service });
    const english = languageOf(req) === 'en';
    if (ended === 'cancelling' || !isEnded(ended.value.status)) {
      res.status(202).json({
        deployment_id: id,
        status: 'cancelling',
        message: fixedText('cancelling', 'zh-TW'),
        ...(english && { message_en: fixedText('cancelling', 'en') }),
      });
      return;
    }
    const { status: how, endTime } = ended.value;
    if (how !== 'cancelled') throw new SlipwayError('already_finished', { params: { id, status: how } });
    res.json({
      deployment_id: id,
      status: how,
      message: fixedText('cancelled', 'zh-TW'),
      ...(english && { message_en: fixedText('cancelled', 'en') }),
      cancelled_at: endTime,
    });
  }
}

function idOf(req: Request): string {
  const id = String(req.params.id);
  if (!isDeploymentId(id)) throw unknown(id);
  return id;
}

async function withRetryAfter<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof SlipwayError) || !['concurrency_limit', 'queue_full'].includes(error.code)) throw error;
    throw new Refusal(error.code, storedMessage(error), { 'Retry-After': RETRY_AFTER_SECONDS });
  }
}
