// Derives facts from a parsed request. Doesn't import zod, because each workflow evaluates its own copy of this module.
import type { StartRequest } from './requests.js';
import { MODES, type Mode } from './states.js';

/** A value that the API sealed (`src/secrets.ts`). Secrets may reach Temporal only in this form. */
const SEALED = /^sealed:v1:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$/;

export const isSealed = (value: string): boolean => SEALED.test(value);

export const whenFullOf = (request: StartRequest): 'reject' | 'queue' =>
  request.config.when_full ?? request.when_full ?? 'reject';

/** Returns the paths of unencrypted values that must be sealed. Empty for a request that came through the API. */
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

/** Returns true if a URL sends data unencrypted to another host: `http` to any address except the loopback. */
export function isClearUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Returns the modes to try, in order: the requested mode and its fallbacks. For `auto`, the fallbacks or all modes. */
export function modePlan(request: StartRequest): Mode[] {
  const { mode } = request;
  const { fallback_modes: fallbacks } = request.config;
  if (mode === 'auto') return [...(fallbacks ?? MODES)];
  return [mode, ...(fallbacks ?? []).filter((other) => other !== mode)];
}

/**
 * Returns true if a text can be a search attribute. Temporal limits the length, and its database allows no control
 * characters.
 */
export const isBatchLabel = (text: string): boolean => /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(text);
