// What is read off a parsed request. Without zod: workflows hold this file, and each of them evaluates its own copy.
import type { StartRequest } from './requests.js';
import { MODES, type Mode } from './states.js';

/** A value sealed by the API (`src/secrets.ts`): the only form in which a secret may reach Temporal. */
const SEALED = /^sealed:v1:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$/;

export const isSealed = (value: string): boolean => SEALED.test(value);

export const whenFullOf = (request: StartRequest): 'reject' | 'queue' =>
  request.config.when_full ?? request.when_full ?? 'reject';

/** Paths of the values that stand in clear where only sealed ones may: empty for a request that went through the API. */
export function clearSecrets(request: StartRequest): string[] {
  const { config, callback_url } = request;
  const clear = [
    ...clearIn('environment_variables', config.environment_variables),
    ...clearIn('build_variables', config.build_variables),
  ];
  const { source } = config;
  if (source?.type === 'git' && source.token !== undefined && !isSealed(source.token))
    clear.push('config.source.token');
  if (callback_url !== undefined && !isSealed(callback_url)) clear.push('callback_url');
  return clear;
}

const clearIn = (field: string, variables: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(variables)
    .filter(([, value]) => !isSealed(value))
    .map(([name]) => `config.${field}.${name}`);

/** A URL over which everything goes in clear, further than this host: `http` to anything but the loopback. */
export function isClearUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** The modes to try, in order: what the request names first, then its own fallbacks, or all of them for `auto`. */
export function modePlan(request: StartRequest): Mode[] {
  const { mode } = request;
  const { fallback_modes: fallbacks } = request.config;
  if (mode === 'auto') return [...(fallbacks ?? MODES)];
  return [mode, ...(fallbacks ?? []).filter((other) => other !== mode)];
}

/** What deployments can be found by: Temporal takes no more, and its database no control characters. */
export const isBatchLabel = (text: string): boolean => /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(text);
