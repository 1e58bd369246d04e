// The routes of services: list, details, health, events, logs, and commands.
import { randomBytes } from 'node:crypto';
import { Router, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { createAddressGuard } from '../../address-guard.js';
import { SlipwayError } from '../../contract/errors.js';
import type { Message } from '../../contract/texts.js';
import { reaches, type Action } from '../../contract/permissions.js';
import { serviceLogDir } from '../../contract/layout.js';
import type { Registration } from '../../contract/messages.js';
import { isReservedName, OWN_SERVICE, SERVICE_NAME } from '../../contract/names.js';
import {
  commandSchema,
  eventsQuerySchema,
  logsQuerySchema,
  patchServiceSchema,
  registerSchema,
  rollbackSchema,
  servicesQuerySchema,
  unregisterQuerySchema,
} from '../../contract/requests.js';
import type { Isolation, ServiceCommandName, ServiceKind } from '../../contract/states.js';
import type { ReleaseView, ServiceEvent, ServiceRow, ServiceView } from '../../contract/views.js';
import type { BeatWithAge } from '../service-gateway.js';
import { describeTarget, isLimited, isUnrestricted, mayDo, mustAlsoReach, mustReach, reachOf } from '../auth.js';
import { markCursor, openCursor } from '../cursor.js';
import type { ApiDeps } from '../deps.js';
import type { MaybeStale } from '../temporal-calls.js';
import { ForbiddenField, RefusedField, reserved } from '../errors.js';
import { canDeploy } from '../health.js';
import { jsonBody } from '../json-body.js';
import { languageOf } from '../language.js';
import { hasLeftData } from '../left-data.js';
import { serviceLogFiles } from '../logs.js';
import { refuseMaintenance } from '../maintenance.js';
import { accepts, methods } from '../negotiation.js';
import { fieldError, noQuery, parse } from '../parse.js';
import { routeResource, unknown } from '../route-resource.js';
import {
  asKnown,
  discoveryBody,
  eventBody,
  ownView,
  releasesBody,
  rowBody,
  serviceBody,
  serviceHealthBody,
} from '../service-bodies.js';

/**
 * The longest wait for an unregistration: the app's grace period, and the removal of releases and images. After that,
 * the unregistration continues in the background.
 */
const UNREGISTER_WAIT_MS = 10_000;

export function serviceRoutes(deps: ApiDeps): Router {
  const { gateway, folder, config, streams } = deps;
  const addressGuard = createAddressGuard(config.allowedNetworks);
  const router = Router();
  const may = (action: Action) => mayDo(deps, action);
  const startedAt = new Date().toISOString();
  const service = routeResource('name', findService);

  methods(router, '/services', {
    get: [may('list'), list],
    post: [may('deploy'), jsonBody, noQuery, register],
  });
  methods(router, '/services/discovery', { get: [may('list'), noQuery, discovery] });
  methods(router, '/services/:name', {
    get: [may('status'), service.find, noQuery, show],
    patch: [may('deploy'), jsonBody, service.find, noQuery, patch],
    delete: [may('unregister'), purgeLeft, service.find, unregister],
  });
  methods(router, '/services/:name/health', { get: [may('health'), service.find, noQuery, health] });
  methods(router, '/services/:name/events', { get: [may('status'), service.find, events] });
  methods(router, '/services/:name/releases', { get: [may('status'), service.find, noQuery, releases] });
  methods(router, '/services/:name/logs', { get: [may('logs'), service.find, logs] });
  methods(router, '/services/:name/rollback', { post: [may('rollback'), jsonBody, service.find, noQuery, rollback] });
  for (const command of ['start', 'stop', 'restart'] as const)
    methods(router, `/services/:name/${command}`, {
      post: [may('restart'), jsonBody, service.find, noQuery, plain(command)],
    });
  return router;

  async function list(req: Request, res: Response): Promise<void> {
    const { limit, cursor: given } = parse(servicesQuerySchema, req.query, req);
    const listing = { list: 'services', reach: reachOf(req) } as const;
    const cursor = given === undefined ? undefined : openCursor(folder.secrets, listing, given);
    if (given !== undefined && cursor === undefined) throw fieldError('cursor', 'field.cursor', req);
    const { value, stale } = await gateway.readServicePage({ limit, cursor, reach: listing.reach });
    if (value.cursor !== undefined) {
      const query = {
        ...(req.query as Record<string, string>),
        cursor: markCursor(folder.secrets, listing, value.cursor),
      };
      res.set('Link', `</api/services?${new URLSearchParams(query).toString()}>; rel="next"`);
    }
    const rows = await asSeen(within(req, value.rows));
    res.json(rows.map((row) => ({ ...rowBody(row, languageOf(req)), ...(stale && { stale }) })));
  }

  async function discovery(req: Request, res: Response): Promise<void> {
    const [own, { value }] = await Promise.all([itself(), gateway.readServices()]);
    res.json(discoveryBody([own, ...within(req, await asSeen(value))]));
  }

  /** Updates rows with the state of their hosts. */
  async function asSeen(rows: ServiceRow[]): Promise<ServiceRow[]> {
    const hosts = [...new Set(rows.flatMap(({ host }) => host ?? []))];
    const beats = new Map(await Promise.all(hosts.map(async (host) => [host, await lastBeat(host)] as const)));
    return rows.map((row) => asKnown(row, row.host === null ? undefined : beats.get(row.host)));
  }

  function show(req: Request, res: Response): void {
    const { value, stale } = service.of(req);
    res.json({ ...serviceBody(value, languageOf(req)), ...(stale && { stale }) });
  }

  /** Registers a service before its first deployment, or an external service that is only watched. */
  async function register(req: Request, res: Response): Promise<void> {
    const body = parse(registerSchema, req.body, req);
    const { name, kind, type, depends_on: dependsOn, health_url: healthUrl, isolation } = body;
    mustReach(req, name);
    if (isolation !== undefined) await mustSetIsolation(req, isolation);
    await mustAlsoReach(req, 'status', dependsOn);
    refuseMaintenance(deps);
    await checkHealthUrl(healthUrl);
    if (isReservedName(name)) throw reserved(name);
    await mustHaveRoom(req);
    const watched = healthUrl === undefined ? {} : { healthUrl }; // the watching host reports itself
    const registration = await gateway.registerService({
      name,
      registration: { ...kindsOf(kind), type, dependsOn, ...(isolation && { isolation }), ...watched },
    });
    res.status(201).location(`/api/services/${name}`);
    res.json(serviceBody(await registered(name, registration), languageOf(req)));
  }

  async function patch(req: Request, res: Response): Promise<void> {
    const body = parse(patchServiceSchema, req.body, req);
    const { depends_on: dependsOn, health_url: healthUrl, type, isolation } = body;
    if (isolation !== undefined) await mustSetIsolation(req, isolation);
    await mustAlsoReach(req, 'status', dependsOn ?? []);
    refuseMaintenance(deps);
    await checkHealthUrl(healthUrl);
    const name = changeable(req);
    const changes = {
      ...(type !== undefined && { type }),
      ...(dependsOn !== undefined && { dependsOn }),
      ...(healthUrl !== undefined && { healthUrl }),
      ...(isolation !== undefined && { isolation }),
    };
    const registration = await gateway.patchService({ name, changes });
    res.json(serviceBody(await registered(name, registration), languageOf(req)));
  }

  async function unregister(req: Request, res: Response): Promise<void> {
    const wanted = parse(unregisterQuerySchema, req.query, req);
    const name = changeable(req);
    if (wanted.purge) await mustAlsoReach(req, 'purge', [name]);
    if (isLimited(req)) await mustReachDependants(req, name);
    if (service.of(req).value.isolation === 'container' && !(await isUnrestricted(req)))
      throw new SlipwayError('forbidden', { text: 'forbidden.isolated', params: { service: name } });
    refuseMaintenance(deps);
    await remove(res, { name, ...wanted });
  }

  async function remove(res: Response, wanted: { name: string; force: boolean; purge: boolean }): Promise<void> {
    if (await gateway.unregisterService({ ...wanted, hostId: folder.hostId }, UNREGISTER_WAIT_MS))
      res.status(204).end();
    else res.status(202).json({ service: wanted.name, status: 'unregistering' });
  }

  /**
   * Purges the data of a service that is already unregistered. The name is registered again for a moment, so that the
   * data is removed on its host like the data of any service. After a crash in between, a repeated call unregisters the
   * service.
   */
  async function purgeLeft(req: Request, res: Response, next: NextFunction): Promise<void> {
    const name = String(req.params.name);
    const wanted = unregisterQuerySchema.safeParse(req.query);
    const isLeft = async (): Promise<boolean> =>
      SERVICE_NAME.test(name) && !isReservedName(name) && (await hasLeftData(folder.layout, name));
    if (!wanted.data?.purge || !(await isLeft()) || (await findService(name))) {
      next();
      return;
    }
    await mustAlsoReach(req, 'purge', [name]);
    refuseMaintenance(deps);
    await gateway.registerService({ name, registration: { kind: 'worker', type: 'other', dependsOn: [] } });
    await remove(res, { name, ...wanted.data });
  }

  /** Limits the number of services of a restricted key, so that one key can't use up the registry. */
  async function mustHaveRoom(req: Request): Promise<void> {
    const { servicesPerKey: limit } = config;
    if (!isLimited(req)) return;
    if ((await gateway.countServices(reachOf(req))) >= limit)
      throw new SlipwayError('registry_full', { text: 'registry_full.key', params: { limit } });
  }

  /**
   * Only an unrestricted admin key may set the isolation, so that a deployer can't lift it, not even by registering the
   * name again.
   */
  async function mustSetIsolation(req: Request, isolation: Isolation): Promise<void> {
    describeTarget(req, { isolation });
    if (!(await isUnrestricted(req))) throw new ForbiddenField('isolation', 'forbidden.isolation');
  }

  /**
   * Throws `forbidden` unless the caller may access all dependants. Dependants would lose their dependency or, without
   * `force`, be named in the error.
   */
  async function mustReachDependants(req: Request, name: string): Promise<void> {
    const { value } = await gateway.readServices();
    const dependants = value.filter(({ depends_on: needed }) => needed.includes(name));
    if (!dependants.every((row) => reaches(reachOf(req), row.name)))
      throw new SlipwayError('forbidden', { text: 'forbidden.dependants', params: { service: name } });
  }

  /**
   * Returns the view with its new registration. The service itself may still be busy and apply the registration later.
   */
  async function registered(name: string, registration: Registration | undefined): Promise<ServiceView> {
    const current = await gateway.awaitService(name);
    if (!current) throw unknown(name); // the service has just been unregistered
    if (!registration) return current.value;
    const { type, dependsOn, healthUrl, isolation } = registration;
    return {
      ...current.value,
      type,
      depends_on: dependsOn,
      ...(isolation && { isolation }),
      ...(healthUrl !== undefined && { health_url: healthUrl }),
    };
  }

  async function checkHealthUrl(url: string | undefined): Promise<void> {
    if (url === undefined) return;
    const { hostname: host } = new URL(url);
    const judged = await addressGuard.judge(host);
    if (judged.verdict === 'unknown')
      throw new RefusedField('health_url', { text: 'field.host_unknown', params: { host } });
    if (judged.verdict === 'denied')
      throw new RefusedField('health_url', {
        text: 'field.address_denied',
        params: { host, address: judged.address },
      });
  }

  async function health(req: Request, res: Response): Promise<void> {
    const { value, stale } = service.of(req);
    const beat = await lastBeat(value.host ?? folder.hostId);
    res.json({ ...serviceHealthBody(value, beat, languageOf(req)), ...(stale && { stale }) });
  }

  /** Returns the host's last heartbeat, or undefined if it can't be read. The call then doesn't fail. */
  function lastBeat(hostId: string): Promise<BeatWithAge | undefined> {
    return gateway.readHostBeat(hostId).catch(() => undefined);
  }

  async function events(req: Request, res: Response): Promise<void> {
    const { value } = service.of(req);
    const { limit } = parse(eventsQuerySchema, req.query, req);
    const serviceEvents = value.name === OWN_SERVICE ? ownEvents() : await gateway.readServiceEvents(value.name);
    res.json(serviceEvents.slice(-limit).map((event) => eventBody(value.name, event, languageOf(req))));
  }

  function releases(req: Request, res: Response): void {
    const { value } = service.of(req);
    res.json(releasesBody(value));
  }

  async function logs(req: Request, res: Response): Promise<void> {
    const type = accepts(req, ['text/plain', 'application/x-ndjson', 'text/event-stream']);
    const { value } = service.of(req);
    const filter = parse(logsQuerySchema.omit({ step: true }), req.query, req);
    if (type === 'text/event-stream') return streams.serviceLog(req, res, value.name, filter);
    const files = await serviceLogFiles(serviceLogDir(folder.layout, value.name));
    await streams.wholeLog(req, res, { files, filter, type });
  }

  async function rollback(req: Request, res: Response): Promise<void> {
    const { release } = parse(rollbackSchema, req.body, req);
    changeable(req);
    const { value } = service.of(req);
    const isEarlier = ({ active, rolled_back: isLeft }: ReleaseView): boolean => !active && !isLeft;
    const isTarget = release === undefined ? isEarlier : (kept: ReleaseView): boolean => kept.release === release;
    if (!value.releases.some(isTarget)) {
      const { name } = value;
      const gone: Message =
        release === undefined
          ? { text: 'service.no_earlier_release', params: { service: name } }
          : { text: 'service.release_gone', params: { service: name, release } };
      throw new SlipwayError('not_found', gone);
    }
    await command(res, value, 'rollback', release);
  }

  function plain(name: ServiceCommandName): RequestHandler {
    return async (req, res) => {
      parse(commandSchema, req.body, req);
      changeable(req);
      await command(res, service.of(req).value, name);
    };
  }

  /** Sends a command. The 202 doesn't mean that the command is done: the event with this id has the result. */
  async function command(
    res: Response,
    { name: service, kind }: ServiceView,
    name: ServiceCommandName,
    release?: string,
  ): Promise<void> {
    if (kind === 'external') throw new SlipwayError('invalid', { text: 'service.external', params: { service } });
    refuseMaintenance(deps);
    const commandId = `cmd_${randomBytes(8).toString('hex')}`;
    const operation = { type: 'operate', commandId, command: name } as const;
    await gateway.commandService(service, { ...operation, ...(release !== undefined && { release }) });
    res.status(202).json({
      service,
      command_id: commandId,
      command: name,
      status: 'accepted',
      events_url: `/api/services/${service}/events`,
    });
  }

  /** Returns the name of the service. Throws `reserved` for Slipway itself, which can't be changed. */
  function changeable(req: Request): string {
    const { name } = service.of(req).value;
    if (name === OWN_SERVICE) throw new SlipwayError('reserved', { text: 'reserved.itself', params: { name } });
    return name;
  }

  async function findService(name: string): Promise<MaybeStale<ServiceView> | undefined> {
    if (name === OWN_SERVICE) return { value: await itself(), stale: false };
    const current = SERVICE_NAME.test(name) ? await gateway.readService(name) : undefined;
    if (!current) return undefined;
    const { host } = current.value;
    return { ...current, value: host === null ? current.value : asKnown(current.value, await lastBeat(host)) };
  }

  async function itself(): Promise<ServiceView> {
    const url = `http://${config.apiHost}:${config.apiPort}`;
    return ownView({ url, startedAt, well: await canDeploy(deps) });
  }

  /** Slipway has no workflow of its own, so the only event is its start. */
  function ownEvents(): ServiceEvent[] {
    return [{ type: 'service_registered', at: startedAt, details: {} }];
  }
}

const within = (req: Request, rows: ServiceRow[]): ServiceRow[] =>
  rows.filter(({ name }) => reaches(reachOf(req), name));

/** Returns the kind for a registration. Only an explicit kind applies to future releases. */
function kindsOf(kind: ServiceKind | undefined) {
  if (kind === undefined || kind === 'external') return { kind: kind ?? ('worker' as const) };
  return { kind, startAs: kind };
}
