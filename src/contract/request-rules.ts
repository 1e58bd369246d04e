// Rules that a well-formed request must also meet. The API checks them, and so does the first step of a deployment that
// was started manually.
import { persistedPaths } from './persist.js';
import { isClearUrl, isSealed, modePlan } from './request-facts.js';
import type { StartRequest } from './requests.js';
import type { Message } from './texts.js';
import { reachesBuild } from './tool-environment.js';

/** A wrong field, and the text that says which values are valid. */
export type RuleViolation = Message & { path: string };

export function ruleViolationsIn(request: StartRequest): RuleViolation[] {
  return [
    ...toResources(request),
    ...toPersisted(request),
    ...toVariables(request),
    ...toBuildVariables(request),
    ...toWishes(request),
    ...toToken(request),
    ...toUsername(request),
  ];
}

/** The maximum resources that the operator allows for a container. 0 means no limit. */
export interface ResourceMaxima {
  memoryMaxBytes: number;
  cpusMax: number;
}

const MIB = 1024 ** 2;

export function violatedMaxima(
  { config: { resources } }: StartRequest,
  { memoryMaxBytes, cpusMax }: ResourceMaxima,
): RuleViolation[] {
  const rows = [
    { field: 'memory_mb', wanted: resources?.memory_mb, most: Math.floor(memoryMaxBytes / MIB) },
    { field: 'cpus', wanted: resources?.cpus, most: cpusMax },
  ];
  return rows
    .filter(({ wanted = 0, most }) => most > 0 && wanted > most)
    .map(({ field, most }) => ({ path: `config.resources.${field}`, text: 'field.above_maximum', params: { most } }));
}

function toResources(request: StartRequest): RuleViolation[] {
  const modes = modePlan(request);
  if (!request.config.resources || modes.includes('docker')) return [];
  return [{ path: 'config.resources', text: 'resources.not_enforceable', params: { mode: modes.join(', ') } }];
}

/**
 * The maximum size of all variables. A service's state is at most 2 MB and holds up to six releases with their
 * variables.
 */
const MOST_VARIABLE_BYTES = 150_000;
/** The bytes that sealing adds: a prefix, an id, a nonce and a tag. */
const SEAL_BYTES = 60;

function toVariables({ config }: StartRequest): RuleViolation[] {
  const bytes = Object.entries(config.environment_variables).reduce(
    (sum, [name, value]) => sum + name.length + sealedLength(value),
    0,
  );
  if (bytes <= MOST_VARIABLE_BYTES) return [];
  const params = { bytes, limit: MOST_VARIABLE_BYTES };
  return [{ path: 'config.environment_variables', text: 'field.variables_size', params }];
}

const sealedLength = (value: string): number =>
  isSealed(value) ? value.length : SEAL_BYTES + Math.ceil((new TextEncoder().encode(value).length * 4) / 3);

function toPersisted({ config }: StartRequest): RuleViolation[] {
  const persisted = persistedPaths(config.persist ?? [], config.environment_variables); // sealed values are never URLs
  if ('paths' in persisted) return [];
  return persisted.wrong.map(({ field, fault }) => ({ path: field, text: fault, params: {} }));
}

function toBuildVariables({ config }: StartRequest): RuleViolation[] {
  const refused = Object.keys(config.build_variables ?? {}).filter((name) => !reachesBuild(name));
  return refused.map((name) => ({ path: `config.build_variables.${name}`, text: 'field.build_variable', params: {} }));
}

/** Rejects a token in an unencrypted URL, because it could be read on the network. */
function toToken({ config: { source } }: StartRequest): RuleViolation[] {
  if (source?.type !== 'git' || source.token === undefined || !isClearUrl(source.url)) return [];
  return [{ path: 'config.source.token', text: 'field.clear_token', params: {} }];
}

/** Safe characters only, because ssh settings of the host may pass the user name to other programs. */
const PLAIN_USER = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

function toUsername({ config: { source } }: StartRequest): RuleViolation[] {
  if (source?.type !== 'git' || source.username === undefined) return [];
  const path = 'config.source.username';
  const isSsh = new URL(source.url).protocol === 'ssh:';
  if (isSsh && !PLAIN_USER.test(source.username)) return [{ path, text: 'field.git_username', params: {} }];
  return !isSsh && source.token === undefined ? [{ path, text: 'field.username_alone', params: {} }] : [];
}

function toWishes({ when_full, config }: StartRequest): RuleViolation[] {
  const wishes = new Set([when_full, config.when_full].filter((wish) => wish !== undefined));
  return wishes.size > 1 ? [{ path: 'when_full', text: 'field.when_full_twice', params: {} }] : [];
}
