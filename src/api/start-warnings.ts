// Returns warnings about an accepted start that would otherwise be detected too late.
import pTimeout from 'p-timeout';
import { droppedPaths } from '../contract/persist.js';
import type { StartRequest } from '../contract/requests.js';
import type { Language } from '../contract/states.js';
import { translate } from '../contract/texts.js';
import { warningsOf, type Warning } from '../contract/warnings.js';
import type { AddressGuard } from '../address-guard.js';
import type { Gateway } from './gateway.js';

/** The longest wait for name resolution, because a warning must not delay a start. */
const LOOK_UP_MS = 1_000;
const UNDECIDED = { verdict: 'unknown' } as const;

export async function startWarnings(guard: AddressGuard, request: StartRequest): Promise<Warning[]> {
  return [...warningsOf(request), ...(await toCallback(guard, request))];
}

/**
 * Warns about persisted data that the new release won't use. Checked before the start is accepted, while the earlier
 * release is active. Not for an empty `persist`, which is explicit.
 */
export async function leftDataWarnings(
  { readLastView }: Pick<Gateway, 'readLastView'>,
  { config: { persist = [], environment_variables: variables } }: StartRequest,
  service: string | null,
): Promise<Warning[]> {
  if (persist.length === 0 || service === null) return [];
  const serving = await readLastView(service);
  const paths = droppedPaths(serving?.persist ?? [], variables, persist).join(', ');
  return paths === '' ? [] : [{ path: 'config.persist', text: 'warning.persist_dropped', params: { paths } }];
}

/** Returns the warnings of all items, each with the path of its item. */
export async function batchWarnings(
  guard: AddressGuard,
  items: readonly { path: string; request?: StartRequest }[],
): Promise<Warning[]> {
  const pending = items.map(async ({ path, request }) => {
    return under(path, request ? await startWarnings(guard, request) : []);
  });
  return (await Promise.all(pending)).flat();
}

/** `services` are the services of the items, in the same order. */
export async function batchLeftDataWarnings(
  gateway: Pick<Gateway, 'readLastView'>,
  items: readonly { path: string; request?: StartRequest }[],
  services: readonly string[],
): Promise<Warning[]> {
  const warnings: Warning[] = [];
  for (const [index, { path, request }] of items.entries())
    if (request) warnings.push(...under(path, await leftDataWarnings(gateway, request, services[index] ?? null)));
  return warnings;
}

const under = (item: string, warnings: readonly Warning[]): Warning[] =>
  warnings.map((warning) => ({ ...warning, path: `${item}.${warning.path}` }));

export function warningsBody(
  warnings: readonly Warning[],
  language: Language,
): { warnings?: { path: string; message: string }[] } {
  if (warnings.length === 0) return {};
  return { warnings: warnings.map(({ path, text, params }) => ({ path, message: translate(text, params, language) })) };
}

/**
 * Warns about a callback URL whose deliveries would be refused. No warning if the name has no address now, because the
 * name may have an address later.
 */
async function toCallback(guard: AddressGuard, { callback_url: url }: StartRequest): Promise<Warning[]> {
  if (url === undefined) return [];
  const { hostname: host } = new URL(url);
  if (host === '') return []; // a value that the caller sealed
  const judged = await pTimeout(guard.judge(host), { milliseconds: LOOK_UP_MS, fallback: () => UNDECIDED });
  if (judged.verdict !== 'denied') return [];
  return [{ path: 'callback_url', text: 'warning.callback', params: { host, address: judged.address } }];
}
