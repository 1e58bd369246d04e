// One attempt to deliver an event to a callback URL. Its outcome is a result, never an error.
import { Webhook } from 'standardwebhooks';
import type { CallbackBody, DeliveryResult } from '../contract/callbacks.js';
import { SlipwayError } from '../contract/errors.js';
import type { TextKey } from '../contract/texts.js';
import { discordMessage, isDiscordWebhook } from './discord-message.js';
import { heartbeating } from './heartbeating.js';
import type { Ports } from './ports/index.js';
import type { PostResult } from './ports/webhook-port.js';
import type { HostSettings } from './settings.js';

/** The time limit of a receiver's answer. */
const ANSWERS_WITHIN_MS = 10_000;
const GONE = [410];
/** Discord returns 404 for a deleted webhook. At any other receiver 404 may be temporary. */
const GONE_AT_DISCORD = [404, ...GONE];
/** The statuses whose `Retry-After` is respected. */
const ASKS_TO_WAIT = [429, 503];

export interface DeliveryInput {
  /** The service for which the URL was sealed. */
  service: string | null;
  url: string;
  body: CallbackBody;
}

export function createDelivery(
  { webhooks }: Pick<Ports, 'webhooks'>,
  settings: Pick<HostSettings, 'secrets' | 'callbackSecret' | 'callbackSecretsOld' | 'callbackSignatures' | 'language'>,
) {
  const { secrets, callbackSecret, callbackSecretsOld = [], callbackSignatures = 'both', language } = settings;
  const shared = callbackSignatures === 'both' ? [callbackSecret, ...callbackSecretsOld] : [];

  return {
    async deliverCallback({ service, url: sealed, body }: DeliveryInput): Promise<DeliveryResult> {
      const url = opened(sealed, service ?? '');
      if (url instanceof SlipwayError)
        return { kind: 'failed', to: null, reason: { text: url.text, params: url.params } };
      const isDiscord = isDiscordWebhook(url);
      const payload = JSON.stringify(isDiscord ? discordMessage(body, language) : body);
      const at = new Date();
      const headers = {
        'Content-Type': 'application/json',
        'User-Agent': 'Slipway',
        'webhook-id': body.event_id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        // A receiver accepts any signature that it can verify. Each receiver has one of these secrets.
        'webhook-signature': [...shared, ...secrets.callbackSecrets(url)]
          .map((secret) => new Webhook(secret).sign(body.event_id, at, payload))
          .join(' '),
      };
      const answer = await heartbeating((signal) =>
        webhooks.post(url, { headers, body: payload, timeoutMs: ANSWERS_WITHIN_MS, signal }),
      );
      return { to: new URL(url).origin, ...resultOf(answer, at, isDiscord ? GONE_AT_DISCORD : GONE) };
    },
  };

  /** Unseals the URL. A missing key may be restored later, so this is retried like a receiver that is down. */
  function opened(sealed: string, service: string): string | SlipwayError {
    try {
      return secrets.open(sealed, { service, name: 'callback_url' });
    } catch (error) {
      if (error instanceof SlipwayError) return error;
      throw error;
    }
  }
}

type Result = DeliveryResult extends infer R ? (R extends unknown ? Omit<R, 'to'> : never) : never;

function resultOf(answer: PostResult, now: Date, gone: number[]): Result {
  if ('denied' in answer) return failed('callback.denied', { address: answer.denied });
  if ('error' in answer) {
    if (answer.error === 'timeout') return failed('callback.timeout', { seconds: ANSWERS_WITHIN_MS / 1000 });
    return failed('callback.unreachable', { reason: answer.error });
  }
  const { status, retryAfter } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (gone.includes(status)) return { kind: 'gone', status };
  if (status >= 300 && status < 400) return { ...failed('callback.redirected', { status }), status };
  const retryAfterMs = ASKS_TO_WAIT.includes(status) ? waitOf(retryAfter, now) : undefined;
  return { ...failed('callback.refused', { status }), status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

const failed = (text: TextKey, params: Record<string, string | number>) =>
  ({ kind: 'failed', reason: { text, params } }) as const;

/** Parses seconds or a date (RFC 9110, section 10.2.3). */
function waitOf(retryAfter: string | undefined, now: Date): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
