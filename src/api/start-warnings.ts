// What a start that is accepted is told at once, as it would else show only once it is too late.
import type { StartRequest } from '../contract/requests.js';
import type { Language } from '../contract/states.js';
import { say } from '../contract/texts.js';
import { warningsOf, type Warning } from '../contract/warnings.js';
import type { AddressGuard } from '../address-guard.js';

/** A name that is slow to resolve holds up no start: the warning is a courtesy. */
const LOOK_UP_MS = 1_000;

export async function startWarnings(guard: AddressGuard, request: StartRequest): Promise<Warning[]> {
  return [...warningsOf(request), ...(await toCallback(guard, request))];
}

/** Of all items, each with the path of its own. */
export async function batchWarnings(
  guard: AddressGuard,
  items: readonly { path: string; request?: StartRequest }[],
): Promise<Warning[]> {
  const found = items.map(async ({ path, request }) => {
    const warnings = request ? await startWarnings(guard, request) : [];
    return warnings.map((warning) => ({ ...warning, path: `${path}.${warning.path}` }));
  });
  return (await Promise.all(found)).flat();
}

export function warningsBody(
  warnings: readonly Warning[],
  language: Language,
): { warnings?: { path: string; message: string }[] } {
  if (warnings.length === 0) return {};
  return { warnings: warnings.map(({ path, text, params }) => ({ path, message: say(text, params, language) })) };
}

/** Each delivery would be refused. That a name has no address now says nothing of later. */
async function toCallback(guard: AddressGuard, { callback_url: url }: StartRequest): Promise<Warning[]> {
  if (url === undefined) return [];
  const { hostname: host } = new URL(url);
  if (host === '') return []; // a value that the caller sealed
  const judged = await Promise.race([guard.judge(host), undecided()]);
  if (judged.verdict !== 'denied') return [];
  return [{ path: 'callback_url', text: 'warning.callback', params: { host, address: judged.address } }];
}

const undecided = (): Promise<{ verdict: 'unknown' }> =>
  new Promise((resolve) => void setTimeout(resolve, LOOK_UP_MS, { verdict: 'unknown' }).unref());
