import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mask, MASK, maskList } from '../../src/masking.js';

const masked = (line: string, ...values: string[]): string => mask(line, maskList(values));
const value = fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme' }).filter((text) => !text.includes('*'));

/** How programs print a secret. */
const FORMS: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  'JSON of JavaScript': (text) => JSON.stringify(text).slice(1, -1),
  'JSON of Python': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'a URL': encodeURIComponent,
  'a URL in small letters': (text) => encodeURIComponent(text).replace(/%../g, (octet) => octet.toLowerCase()),
  'a form': (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  hex: (text) => Buffer.from(text).toString('hex'),
};

it.each(Object.keys(FORMS))('no part of a secret remains in a line that contains the secret as %s', (name) => {
  fc.assert(
    fc.property(value, fc.string(), fc.string(), (secret, before, after) => {
      const text = secret.toWellFormed();
      const form = FORMS[name]!(text);
      expect(mask(before + form + after, maskList([text]))).not.toContain(form);
    }),
  );
});

it('Base64 that contains a secret is masked up to two letters, regardless of its offset', () => {
  const text = fc.string({ minLength: 8, maxLength: 40 }).filter((secret) => !secret.includes('*'));
  const around = fc.uint8Array({ maxLength: 5 });
  fc.assert(
    fc.property(
      text,
      around,
      around,
      fc.constantFrom('base64' as const, 'base64url' as const),
      (secret, a, b, encoding) => {
        const bytes = Buffer.concat([a, Buffer.from(secret), b]);
        const shown = mask(bytes.toString(encoding), maskList([secret]));
        expect(shown).toContain(MASK);
        const letters = Math.ceil(((a.length + b.length) * 8) / 6) + 4; // padding and shared letters too
        expect(shown.replace(MASK, '').length).toBeLessThanOrEqual(letters + 2);
      },
    ),
  );
});

describe('passwords in URLs', () => {
  it.each([
    ['postgres://app:s3cret-word@db/app', 'password authentication failed: s3cret-word', ': ********'],
    ['redis://:p%40ssw0rd-x@cache:6379', 'p@ssw0rd-x and p%40ssw0rd-x', '******** and ********'],
    ['https://api.example/v1?api_key=0123456789abcdef', 'key 0123456789abcdef', 'key ********'],
  ])('a password in a URL is also masked outside the URL: %s', (url, line, shown) => {
    expect(masked(line, url)).toContain(shown);
  });

  it('the host and the user in a URL aren’t masked', () => {
    expect(
      masked('connecting to db.example.org as reporting', 'postgres://reporting:s3cret-word@db.example.org/x'),
    ).toBe('connecting to db.example.org as reporting');
  });
});

it('masking gives the same result as a search for one secret after another', () => {
  const small = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 8, maxLength: 12 });
  const line = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
  fc.assert(
    fc.property(fc.array(small, { minLength: 1, maxLength: 4 }), line, (secrets, text) => {
      const hidden = new Set<number>();
      for (const secret of secrets) {
        for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) {
          for (let i = at; i < at + secret.length; i += 1) hidden.add(i);
        }
      }
      const kept = Array.from(text)
        .filter((_, i) => !hidden.has(i))
        .join('');
      expect(mask(text, secrets).replaceAll(MASK, '')).toBe(kept);
    }),
    { numRuns: 1000 },
  );
});

it('masking takes less than two seconds for slow secrets and lines of one mebibyte, and uses limited memory', () => {
  const secrets = [
    `b${'a'.repeat(30_000)}`,
    `${'a'.repeat(30_000)}b`,
    ...Array.from({ length: 500 }, (_, i) => `${'a'.repeat(50)}${i}`),
  ];
  const list = maskList(secrets);
  mask('', list); // its tree is made once
  const line = 'a'.repeat(64 * 1024);
  const startedAt = performance.now();
  for (let i = 0; i < 16; i += 1) mask(line, list);
  expect(performance.now() - startedAt).toBeLessThan(2000); // 1 MiB; one after the other takes minutes
  const many = maskList(Array.from({ length: 8000 }, (_, i) => `é`.repeat(60) + String(i)));
  expect(many.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(4 * 1024 ** 2);
});
