// Finds the target of a server's redirect for git. Git itself follows none, because it would follow one to any host,
// with the token.
import { request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AddressGuard } from '../../address-guard.js';
import { answerTo } from './http-answer.js';

/** The time limit of the answer. Git has already reached the server, so the answer is fast. */
const ANSWERS_WITHIN_MS = 15_000;
const REFS = '/info/refs?service=git-upload-pack';

/**
 * Returns the URL of the same repository on the same host. Undefined if the server names another host, or no valid URL.
 * `auth` is user and password.
 */
export async function redirectOf(
  guard: AddressGuard,
  url: string,
  { auth, signal }: { auth?: string; signal: AbortSignal },
): Promise<string | undefined> {
  if (guard.deniedNumber(url) !== undefined) return undefined;
  const location = await locationOf(`${url.replace(/\/+$/, '')}${REFS}`, {
    lookup: guard.lookup,
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWERS_WITHIN_MS)]),
    ...(auth !== undefined && { auth }),
  });
  if (location === undefined || !URL.canParse(location, url)) return undefined;
  const target = new URL(location, url);
  if (!isSameHost(new URL(url), target) || !target.href.endsWith(REFS)) return undefined;
  return target.href.slice(0, -REFS.length);
}

/** Returns true for the same port, or a change from http to https on their default ports. */
function isSameHost(from: URL, to: URL): boolean {
  if (to.username !== '' || to.password !== '' || to.hostname !== from.hostname) return false;
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === '';
  return to.origin === from.origin || isUpgrade;
}

async function locationOf(
  url: string,
  { signal, ...options }: RequestOptions & { signal: AbortSignal },
): Promise<string | undefined> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const call = request(url, { ...options, agent: false });
  call.end();
  try {
    const { statusCode = 0, headers } = await answerTo(call, signal);
    return statusCode >= 300 && statusCode < 400 ? headers.location : undefined;
  } finally {
    call.destroy(); // the body isn't needed
  }
}
