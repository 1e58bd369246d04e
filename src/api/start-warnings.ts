// What a start that is accepted is told at once, as it would else show only once it is too late.
import type { StartRequest } from '../contract/requests.js';
import { warningsOf, type Warning } from '../contract/warnings.js';
import type { AddressGuard } from '../address-guard.js';

/** A name that is slow to resolve holds up no start: the warning is a courtesy. */
const LOOK_UP_MS = 1_000;

export async function startWarnings(guard: AddressGuard, request: StartRequest): Promise<Warning[]> {
  return [...warningsOf(request), ...(await toCallback(guard, request))];
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
