import { expect, it } from '@jest/globals';
import { translate } from '../../../src/contract/texts.js';
import { reasonOf } from '../../../src/worker/outside-reason.js';

it.each([
  [{ status: 500 }, 'db.example.com:8443 answers with status 500'],
  [{ error: 'ECONNREFUSED' }, 'db.example.com:8443 refuses the connection'],
  [{ error: 'timeout' }, 'db.example.com:8443 does not answer within 5 s'],
  [{ error: 'ENOTFOUND' }, 'The host db.example.com:8443 is not known (DNS)'],
  [
    { error: 'EADDRDENIED' },
    'db.example.com:8443 lies in a network that is denied: SLIPWAY_CALLBACK_ALLOW can open it',
  ],
  [{ error: 'ECONNRESET' }, 'db.example.com:8443 cannot be reached (ECONNRESET)'],
])('the probe result %j is described with the host of the address only', (result, words) => {
  const { text, params } = reasonOf('https://db.example.com:8443/health?token=abc', result, 5000);
  expect(translate(text, params, 'en')).toBe(words);
});
