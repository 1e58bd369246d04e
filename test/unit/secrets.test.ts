import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSealed } from '../../src/contract/request-facts.js';
import { createSecrets, mask, maskList, newSecretKey, openVariables, secretValuesOf } from '../../src/secrets.js';

const secrets = createSecrets(newSecretKey());
const to = { service: 'shop', name: 'TOKEN' };
const refusal = expect.objectContaining({ code: 'internal' });

describe('sealed values', () => {
  it('a sealed value opens to the original value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (value, service, name) => {
        const sealed = secrets.seal(value, { service, name });
        expect(isSealed(sealed)).toBe(true);
        expect(secrets.open(sealed, { service, name })).toBe(value);
      }),
    );
  });

  it('sealed values show neither their content nor whether their contents are equal', () => {
    const [one, two] = [secrets.seal('a long enough secret', to), secrets.seal('a long enough secret', to)];
    expect(one).not.toBe(two);
    expect(one).not.toContain(Buffer.from('a long enough secret').toString('base64url'));
  });

  it.each([
    ['another service', { ...to, service: 'bot' }],
    ['another variable', { ...to, name: 'TOKEN2' }],
    ['a variable name that contains a part of the service name', { service: 'sho', name: 'p\0TOKEN' }],
  ])('a sealed value can’t be opened for %s', (_, other) => {
    const sealed = secrets.seal('secret', to);
    expect(() => secrets.open(sealed, other)).toThrow(refusal);
  });

  it('a sealed value doesn’t open with another key', () => {
    const other = createSecrets(newSecretKey());
    expect(() => other.open(secrets.seal('secret', to), to)).toThrow(refusal);
  });

  it('a sealed value with a changed bit doesn’t open', () => {
    const sealed = secrets.seal('secret', to);
    const body = sealed.lastIndexOf(':') + 1;
    const bytes = Buffer.from(sealed.slice(body), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const tampered = Buffer.from(bytes);
      tampered[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => secrets.open(sealed.slice(0, body) + tampered.toString('base64url'), to)).toThrow(refusal);
    }
  });

  it.each(['', 'plain', 'sealed:v1', 'sealed:v1::', 'sealed:v1:unknown:AAAA'])('%j isn’t a sealed value', (text) => {
    expect(() => secrets.open(text, to)).toThrow(refusal);
  });

  it('a truncated sealed value doesn’t open', () => {
    const sealed = secrets.seal('secret', to);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => secrets.open(sealed.slice(0, length), to)).toThrow(refusal);
    }
  });
});

describe('replaced keys', () => {
  it('a replaced key opens values that were sealed with it, and new values are sealed with the current key', () => {
    const [old, current] = [newSecretKey(), newSecretKey()];
    const both = createSecrets(current, [old]);
    expect(both.open(createSecrets(old).seal('secret', to), to)).toBe('secret');
    expect(createSecrets(current).open(both.seal('secret', to), to)).toBe('secret');
    expect(() => createSecrets(old).open(both.seal('secret', to), to)).toThrow(refusal);
  });

  it('a key of the wrong length is refused', () => {
    expect(() => createSecrets(Buffer.alloc(31).toString('base64'))).toThrow(
      expect.objectContaining({ code: 'bad_configuration' }),
    );
  });
});

it('a digest is different for each text and for each key', () => {
  expect(secrets.mac('a')).toBe(secrets.mac('a'));
  expect(secrets.mac('a')).not.toBe(secrets.mac('b'));
  expect(createSecrets(newSecretKey()).mac('a')).not.toBe(secrets.mac('a'));
});

it('all variables of a service are opened, and a variable under another name is refused', () => {
  const seal = (name: string) => secrets.seal(`value of ${name}`, { service: 'shop', name });
  const sealed = { A: seal('A'), B: seal('B') };
  expect(openVariables(secrets, 'shop', sealed)).toEqual({ A: 'value of A', B: 'value of B' });
  expect(() => openVariables(secrets, 'shop', { A: sealed.B })).toThrow(refusal);
});

describe('masking of secrets', () => {
  const masked = (line: string, ...values: string[]): string => mask(line, maskList(values));

  it('a masked line contains a secret in none of its forms', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, unit: 'grapheme' }), fc.string(), fc.string(), (value, before, after) => {
        const list = maskList([value]);
        for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())]) {
          if (!form.includes('*')) expect(mask(before + form + after, list)).not.toContain(form);
        }
      }),
    );
  });

  it('longer secrets are masked before shorter secrets', () => {
    expect(masked('key=abcdefghijkl', 'abcdefgh', 'abcdefghijkl')).toBe('key=********');
  });

  it('each line of a secret with several lines is masked', () => {
    const value = '-----BEGIN KEY-----\nMIIEvQIBADANBg\r\nshort\n-----END KEY-----';
    expect(maskList([value])).toEqual(expect.arrayContaining(['-----BEGIN KEY-----', 'MIIEvQIBADANBg']));
    expect(masked('line MIIEvQIBADANBg of it is short', value)).toBe('line ******** of it is short');
  });

  it('secrets of fewer than eight characters aren’t masked', () => {
    expect(masked('port 8080, debug true, password', '8080', 'true', 'seven77')).toBe(
      'port 8080, debug true, password',
    );
    expect(masked('eight888', 'eight888')).toBe('********');
  });
});

it('the values of plain variables aren’t secrets, and the values of all other variables are', () => {
  const variables = { STAGE: 'production', DISCORD_TOKEN: 'MTA4NDI4NjE' };
  expect(secretValuesOf(variables, ['STAGE'])).toEqual(['MTA4NDI4NjE']);
  expect(secretValuesOf(variables, undefined)).toEqual(['production', 'MTA4NDI4NjE']);
});
