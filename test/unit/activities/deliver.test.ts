import { describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Webhook } from 'standardwebhooks';
import { createDelivery, type DeliveryInput } from '../../../src/activities/deliver.js';
import type { PostOptions, PostResult } from '../../../src/activities/ports/webhook-port.js';
import type { HostSettings } from '../../../src/activities/settings.js';
import type { CallbackBody } from '../../../src/contract/callbacks.js';
import { createSecrets, newCallbackSecret, newSecretKey } from '../../../src/secrets.js';

const URL = 'https://hooks.example.com/bot?token=secret-of-the-receiver';
const secrets = createSecrets(newSecretKey());
const callbackSecret = newCallbackSecret();
const body: CallbackBody = {
  deployment_id: 'uv_1',
  current_step: '安裝依賴',
  progress_percentage: 15,
  timestamp: '2026-01-02T03:04:05.000Z',
  event_id: 'uv_1.5',
  event_type: 'step_started',
  sequence: 5,
  status: 'running',
  step: 'install',
  mode: 'uv',
  service: 'bot',
};
const sealed = (url = URL) => secrets.seal(url, { service: 'bot', name: 'callback_url' });

/** Delivers to a receiver that answers so; returns how it went, and what was sent. */
async function deliver(answer: PostResult, url = sealed(), settings: Partial<HostSettings> = {}) {
  const sent: (PostOptions & { url: string })[] = [];
  const webhooks = {
    post: (to: string, options: PostOptions) => {
      sent.push({ url: to, ...options });
      return Promise.resolve(answer);
    },
  };
  const delivery = createDelivery({ webhooks }, { secrets, callbackSecret, language: 'en', ...settings });
  const result = await new MockActivityEnvironment().run((input: DeliveryInput) => delivery.deliverCallback(input), {
    service: 'bot',
    url,
    body,
  });
  return { result, sent };
}

it('a callback is posted with a Standard Webhooks signature', async () => {
  const { result, sent } = await deliver({ status: 204, retryAfter: undefined });
  expect(result).toEqual({ kind: 'delivered', status: 204, to: 'https://hooks.example.com' });
  const [{ url, headers, body: payload }] = sent as [PostOptions & { url: string }];
  expect(url).toBe(URL);
  expect(headers['webhook-id']).toBe('uv_1.5');
  expect(new Webhook(callbackSecret).verify(payload, headers)).toEqual(body);
  expect(() => new Webhook(newCallbackSecret()).verify(payload, headers)).toThrow();
});

describe('callback signatures', () => {
  const good: PostResult = { status: 204, retryAfter: undefined };
  const isGood = (secret: string, { headers, body: payload }: PostOptions): boolean => {
    try {
      new Webhook(secret).verify(payload, headers);
      return true;
    } catch {
      return false; // that it does not verify is the answer
    }
  };
  const sentTo = async (url: string, settings: Partial<HostSettings> = {}) => {
    const own = settings.secrets ?? secrets;
    const { sent } = await deliver(good, own.seal(url, { service: 'bot', name: 'callback_url' }), settings);
    return sent[0]!;
  };

  it('a callback is signed with the secret of its URL and with the shared secret', async () => {
    const [own = ''] = secrets.callbackSecrets(URL);
    const [other = ''] = secrets.callbackSecrets('https://hooks.example.com/other');
    const sent = await sentTo(URL);
    expect([own, other, callbackSecret].map((secret) => isGood(secret, sent))).toEqual([true, false, true]);
  });

  it('a callback isn’t signed with the shared secret if callback signatures are limited to the secret of the URL', async () => {
    const [own = ''] = secrets.callbackSecrets(URL);
    const sent = await sentTo(URL, { callbackSignatures: 'url' });
    expect([own, callbackSecret].map((secret) => isGood(secret, sent))).toEqual([true, false]);
  });

  it('a callback is also signed with the earlier secrets during a rotation of the keys', async () => {
    const [newKey, oldKey, oldShared] = [newSecretKey(), newSecretKey(), newCallbackSecret()];
    const before = createSecrets(oldKey).callbackSecrets(URL);
    const rotated = createSecrets(newKey, [oldKey]);
    const sent = await sentTo(URL, { secrets: rotated, callbackSecretsOld: [oldShared] });
    expect(rotated.callbackSecrets(URL).slice(1)).toEqual(before);
    for (const secret of [...rotated.callbackSecrets(URL), callbackSecret, oldShared])
      expect(isGood(secret, sent)).toBe(true);
  });
});

describe('callback responses', () => {
  const answer = (status: number, retryAfter?: string): PostResult => ({ status, retryAfter });
  it.each<[string, PostResult, object]>([
    ['“gone” if the receiver returns 410', answer(410), { kind: 'gone', status: 410 }],
    [
      '“failed” if the receiver returns a redirect',
      answer(307),
      { kind: 'failed', status: 307, reason: { text: 'callback.redirected' } },
    ],
    [
      '“failed” with the delay of the receiver if the receiver returns 429',
      answer(429, '7'),
      { kind: 'failed', status: 429, retryAfterMs: 7000 },
    ],
    [
      '“failed” without a delay if the receiver returns 503 with a date in the past',
      answer(503, 'Fri, 31 Dec 1999 23:59:59 GMT'),
      { kind: 'failed', retryAfterMs: 0 },
    ],
    ['“failed” if the receiver returns 404', answer(404), { kind: 'failed', reason: { text: 'callback.refused' } }],
    ['“failed” if the receiver returns 500', answer(500), { kind: 'failed', reason: { text: 'callback.refused' } }],
    [
      '“failed” if the receiver refuses the connection',
      { error: 'ECONNREFUSED' },
      { kind: 'failed', reason: { text: 'callback.unreachable' } },
    ],
    [
      '“failed” if the receiver doesn’t respond in time',
      { error: 'timeout' },
      { kind: 'failed', reason: { text: 'callback.timeout' } },
    ],
    [
      '“failed” if the address of the receiver is denied',
      { denied: '10.0.0.1' },
      { kind: 'failed', reason: { text: 'callback.denied' } },
    ],
  ])('the result of a callback delivery is %s', async (_, given, expected) => {
    expect((await deliver(given)).result).toMatchObject(expected);
  });

  it('a Retry-After header is used only with status 429 or 503 and only if it is a number or a date', async () => {
    expect((await deliver(answer(500, '7'))).result).not.toHaveProperty('retryAfterMs');
    expect((await deliver(answer(429, 'soon'))).result).not.toHaveProperty('retryAfterMs');
  });
});

it('a callback URL that can’t be decrypted fails the delivery with a retryable error, and no request is sent', async () => {
  const other = createSecrets(newSecretKey()).seal(URL, { service: 'bot', name: 'callback_url' });
  const { result, sent } = await deliver({ status: 204, retryAfter: undefined }, other);
  expect(result).toMatchObject({ kind: 'failed', to: null });
  expect(sent).toEqual([]);
});

it('a webhook that was deleted at Discord ends the deliveries, and status 429 of Discord doesn’t', async () => {
  const webhook = sealed('https://discord.com/api/webhooks/1/token');
  for (const status of [404, 410])
    expect((await deliver({ status, retryAfter: undefined }, webhook)).result).toMatchObject({ kind: 'gone', status });
  expect((await deliver({ status: 429, retryAfter: '1' }, webhook)).result).toMatchObject({ kind: 'failed' });
});

it('a callback to Discord has the format of a Discord message', async () => {
  const { sent } = await deliver(
    { status: 204, retryAfter: undefined },
    sealed('https://discord.com/api/webhooks/1/token'),
  );
  const message = JSON.parse(sent[0]!.body) as { embeds: object[] };
  expect(message).toMatchObject({
    embeds: [{ title: 'bot: step started', description: '安裝依賴', timestamp: body.timestamp }],
    allowed_mentions: { parse: [] },
  });
});
