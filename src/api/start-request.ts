// Converts a client's request to the form that may be stored in Temporal: validated, named, sealed, and with digests.
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import type { Request } from 'express';
import stringify from 'safe-stable-stringify';
import type { AdmitInput } from '../contract/messages.js';
import { SlipwayError } from '../contract/errors.js';
import { judgeSourcePath } from '../contract/layout.js';
import { isReservedName, sourceName } from '../contract/names.js';
import { droppedPaths } from '../contract/persist.js';
import { ruleViolationsIn, violatedMaxima } from '../contract/request-rules.js';
import { startRequestSchema, type Source, type StartRequest } from '../contract/requests.js';
import { translate } from '../contract/texts.js';
import { createAddressGuard, gitNetworksOf } from '../address-guard.js';
import type { Config } from '../config.js';
import { ifThere } from '../files.js';
import { buildVariable, type Secrets } from '../secrets.js';
import type { ApiDeps } from './deps.js';
import { callerOf, isLimited, personOf } from './auth.js';
import type { Idempotency } from './gateway.js';
import { InvalidRequest, reserved } from './errors.js';
import { ValidationErrors } from './validation-errors.js';
import { languageOf } from './language.js';
import { literalSecrets } from './literal-secrets.js';
import { fieldError, parse } from './parse.js';
import { findUpload, type Upload } from './uploads.js';

export type SealedStart = Omit<AdmitInput, 'answerBy' | 'deploymentId' | 'idempotency'>;

/**
 * Parses a start request. Checks only rules that don't depend on the current state, so a repeat of an accepted request
 * passes again.
 */
export function readStartRequest(body: unknown, req: Request): StartRequest {
  const { service } = (body as { config?: { service?: unknown } | null } | null)?.config ?? {};
  if (!isReservedName(service)) return checkStartRequest(body, req);
  // A reserved name is a conflict, not a field error. Field errors are reported first.
  const { config } = body as { config: object };
  checkStartRequest({ ...(body as object), config: { ...config, service: undefined } }, req);
  throw reserved(String(service));
}

function checkStartRequest(body: unknown, req: Request): StartRequest {
  const request = parse(startRequestSchema, body, req);
  const objections = ruleViolationsIn(request);
  if (objections.length === 0) return request;
  const language = languageOf(req);
  throw new InvalidRequest(
    objections.map(({ path, text, params }) => ({ path, message: translate(text, params, language) })),
  );
}

/** Checks the rules that depend on the current state, and seals the request. */
export async function sealStartRequest(deps: ApiDeps, request: StartRequest, req: Request): Promise<SealedStart> {
  const findings = new ValidationErrors();
  for (const { path, name, isVariable } of literalSecrets(request)) {
    const text = isVariable ? 'field.literal_variable' : 'field.literal_token';
    findings.add(path, translate(text, { name }, languageOf(req)));
  }
  for (const { path, text, params } of violatedMaxima(request, deps.config.containers))
    findings.add(path, translate(text, params, languageOf(req)));
  await findings.of('', () => checkSource(deps, request.config.source, req));
  const service = findings.orElse(await findings.of('', () => serviceOf(deps, request, req)));
  await mustKeepData(deps, request, service, req);
  const { secrets } = deps.folder;
  return { request: seal(secrets, service, request), service, configMac: configMac(secrets, request) };
}

export async function checkSource(
  { config, folder }: ApiDeps,
  source: Source | undefined,
  req: Request,
): Promise<void> {
  if (source?.type === 'archive') {
    const upload = await findUpload(folder.layout, source.upload_id);
    if (!upload) throw fieldError('config.source.upload_id', 'field.unknown_upload', req);
    mustOwn(upload, req);
  }
  if (source?.type === 'git') await mustHideToken({ config, folder }, source, req);
  if (source?.type !== 'directory') return;
  const path = 'config.source.path';
  const [real, dataDir, ...roots] = await Promise.all([
    realFolder(source.path),
    realpath(config.dataDir),
    ...config.sourceRoots.map(resolved),
  ]);
  if (real === undefined) throw fieldError(path, 'field.no_directory', req);
  const verdict = judgeSourcePath(
    real,
    roots.filter((root) => root !== undefined),
    dataDir,
  );
  if (verdict === 'outside_roots')
    throw fieldError(path, 'field.outside_roots', req, { roots: config.sourceRoots.join(', ') });
  if (verdict === 'data_folder') throw fieldError(path, 'field.data_folder', req, { dataDir: config.dataDir });
}

/** Throws if a token would be sent over http, except to the loopback, and only if git may access the loopback. */
async function mustHideToken(
  { config, folder }: Pick<ApiDeps, 'config' | 'folder'>,
  { url, token }: Extract<Source, { type: 'git' }>,
  req: Request,
): Promise<void> {
  const { protocol, hostname } = new URL(url);
  if (token === undefined || protocol !== 'http:') return;
  const { verdict } = await createAddressGuard(gitNetworksOf(config.gitNetworks, folder.gitNetworks)).judge(hostname);
  if (verdict !== 'allowed') throw fieldError('config.source.token', 'field.clear_token', req);
}

/**
 * Throws `forbidden` if a restricted caller uses an upload of another key or guild, because uploads may contain the
 * code of other services.
 */
function mustOwn({ owner }: Upload, req: Request): void {
  if (!isLimited(req)) return;
  const { key_id, guild_id } = uploaderOf(req);
  if (owner?.key_id !== key_id || owner.guild_id !== guild_id)
    throw new SlipwayError('forbidden', { text: 'forbidden.upload' });
}

/** Returns the owner for an upload: the key and the guild. */
export function uploaderOf(req: Request): NonNullable<Upload['owner']> {
  const person = personOf(req);
  return { key_id: callerOf(req).keyId, ...(person && { guild_id: person.guildId }) };
}

/** Returns the real path of a folder, or undefined if it isn't a folder. */
async function realFolder(path: string): Promise<string | undefined> {
  if (!path.startsWith('/')) return undefined;
  const real = await resolved(path);
  return real !== undefined && (await ifThere(stat(real)))?.isDirectory() ? real : undefined;
}

/** Returns the real path, or undefined if the path doesn't exist or isn't accessible. */
async function resolved(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EACCES' || code === 'ENAMETOOLONG')
      return undefined;
    throw error;
  }
}

/** Returns the service that a request names or implies, or undefined. */
export function serviceNameOf(
  { defaultProject }: Config,
  { source, service }: StartRequest['config'],
): string | undefined {
  if (service !== undefined) return service;
  const from =
    source ?? (defaultProject === undefined ? undefined : { type: 'directory' as const, path: defaultProject });
  return (from && sourceName(from)) || undefined;
}

async function serviceOf(
  { config, gateway }: ApiDeps,
  { config: wanted }: StartRequest,
  req: Request,
): Promise<string> {
  const { source, service } = wanted;
  if (source) {
    const name = service ?? sourceName(source);
    if (isReservedName(name)) throw reserved(name);
    if (name) return name;
    throw fieldError('config.service', 'field.service_required', req);
  }
  if (service !== undefined) {
    const existing = await gateway.readService(service);
    if (existing?.value.kind === 'external')
      throw fieldError('config.service', 'field.external_service', req, { service });
    if (existing?.value.active_release || config.defaultProject !== undefined) return service;
    throw fieldError('config.source', 'invalid.no_source', req);
  }
  const name =
    config.defaultProject === undefined ? '' : sourceName({ type: 'directory', path: config.defaultProject });
  if (isReservedName(name)) throw reserved(name);
  if (name) return name;
  throw fieldError('config.source', 'invalid.no_source', req);
}

/**
 * Throws if a request without `persist` would drop persisted paths. Without the data of the previous release, the app
 * would look empty, so the client must request this explicitly.
 */
async function mustKeepData(
  { gateway }: ApiDeps,
  { config }: StartRequest,
  service: string,
  req: Request,
): Promise<void> {
  if (config.persist !== undefined) return;
  const serving = await gateway.readLastView(service);
  const dropped = droppedPaths(serving?.persist ?? [], config.environment_variables);
  if (dropped.length === 0) return;
  throw fieldError('config.persist', 'field.persist_dropped', req, { service, paths: dropped.join(', ') });
}

/** Seals all secrets of a request. */
function seal(secrets: Secrets, service: string, request: StartRequest): StartRequest {
  const { config, callback_url } = request;
  const sealOne = (name: string, value: string): string => secrets.seal(value, { service, name });
  const sealAll = (variables: Record<string, string>, as: (name: string) => string): Record<string, string> =>
    Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, sealOne(as(name), value)]));
  const { build_variables: forBuild } = config;
  const source =
    config.source?.type === 'git' && config.source.token !== undefined
      ? { ...config.source, token: sealOne('source.token', config.source.token) }
      : config.source;
  return {
    ...request,
    ...(callback_url !== undefined && { callback_url: sealOne('callback_url', callback_url) }),
    config: {
      ...config,
      source,
      environment_variables: sealAll(config.environment_variables, (name) => name),
      ...(forBuild && { build_variables: sealAll(forBuild, buildVariable) }),
    },
  };
}

/**
 * Computes the digest of everything that decides how the app runs, including values. The content of the source is added
 * later.
 */
function configMac(secrets: Secrets, { mode, environment, skip_health_check, config }: StartRequest): string {
  const { source, notifications_enabled, when_full, supersede, persist = [], ...others } = config;
  return secrets.mac(canonical({ mode, environment, skip_health_check, runs: { ...others, persist } }));
}

export function idempotencyOf({ folder }: ApiDeps, req: Request): Idempotency | undefined {
  const key = req.get('Idempotency-Key');
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new SlipwayError('malformed', { text: 'malformed.idempotency_key' });
  }
  const hash = createHash('sha256')
    .update(`${ownerOfKeys(req)}\0${key}`)
    .digest('hex');
  return { hash, bodyMac: bodyMacOf({ folder }, req) };
}

/**
 * Returns the scope of idempotency keys. A key with a policy may serve many guilds, whose idempotency keys must not
 * collide. For an unrestricted key, the scope is the key, as in earlier versions.
 */
function ownerOfKeys(req: Request): string {
  const { keyId } = callerOf(req);
  const person = personOf(req);
  return person && isLimited(req) ? `${keyId}\0${person.guildId}` : keyId;
}

/** Computes the digest of the unsealed body, because sealed values differ each time. */
export const bodyMacOf = ({ folder }: Pick<ApiDeps, 'folder'>, req: Request): string =>
  folder.secrets.mac(canonical(req.body));

/** Formats a value with sorted keys, so that equal bodies have equal texts. */
const canonical = (value: unknown): string => stringify(value) ?? '';
