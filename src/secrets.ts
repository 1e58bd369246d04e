// Sealing (in the API) and opening (in activities) of values that must stand nowhere in clear. Never in workflows.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { SlipwayError } from './contract/errors.js';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Shorter values are not masked: they would blot out ordinary words (contract §8). */
const SHORTEST_MASKED = 8;

/** What a sealed value belongs to: it opens for nothing else. */
export interface Belongs {
  service: string;
  name: string;
}

interface Key {
  id: string;
  bytes: Buffer;
}

export interface Secrets {
  seal(value: string, to: Belongs): string;
  /** Throws `internal` when the key is unknown or the value was tampered with. */
  open(sealed: string, to: Belongs): string;
  /** Keyed digest: tells whether two texts are equal without telling either. */
  mac(text: string): string;
}

/** Keys are 32 bytes in base64; the first seals, all open (contract §8, §10). */
export function createSecrets(current: string, old: readonly string[] = []): Secrets {
  const sealing = readKey(current);
  const opening = new Map([...old.map(readKey), sealing].map((key) => [key.id, key]));
  return {
    seal(value, to) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, sealing.bytes, iv).setAAD(associated(to));
      const sealed = Buffer.concat([iv, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `sealed:v1:${sealing.id}:${sealed.toString('base64url')}`;
    },
    open(sealed, to) {
      const [, , id = '', body = ''] = sealed.split(':');
      const key = opening.get(id);
      if (!key) throw cannotOpen(to);
      const bytes = Buffer.from(body, 'base64url');
      try {
        const decipher = createDecipheriv(ALGORITHM, key.bytes, bytes.subarray(0, IV_BYTES))
          .setAAD(associated(to))
          .setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch (cause) {
        throw cannotOpen(to, cause);
      }
    },
    mac: (text) => createHmac('sha256', sealing.bytes).update(text).digest('hex'),
  };
}

/** Opens every variable of a service: name -> value. */
export function openVariables(
  secrets: Secrets,
  service: string,
  sealed: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sealed).map(([name, value]) => [name, secrets.open(value, { service, name })]),
  );
}

/**
 * The texts to mask where an app or tool prints its own secrets: each value of 8 characters or more, each such
 * line of a value of several lines, and the forms it takes in JSON and in a URL. Longest first.
 */
export function maskList(values: readonly string[]): string[] {
  const lines = values.flatMap((value) => [value, ...value.split(/\r\n|\r|\n/)]);
  const forms = lines.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), ...inUrls(text.toWellFormed())]);
  return [...new Set(forms)].filter((text) => text.length >= SHORTEST_MASKED).sort((a, b) => b.length - a.length);
}

/** As JavaScript's `encodeURIComponent` and Python's `quote` (with and without its safe slash) write it. */
function inUrls(text: string): string[] {
  const encoded = encodeURIComponent(text);
  const strict = encoded.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return [encoded, strict, strict.replaceAll('%2F', '/')];
}

export const MASK = '********';

export function mask(line: string, masked: readonly string[]): string {
  return masked.reduce((text, secret) => text.replaceAll(secret, MASK), line);
}

export const newSecretKey = (): string => randomBytes(32).toString('base64');

/** As Standard Webhooks has them: 24 to 64 bytes. */
export const newCallbackSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

function readKey(text: string): Key {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32) {
    throw new SlipwayError('bad_configuration', {
      params: { reason: 'SLIPWAY_SECRET_KEY must be 32 bytes in base64' },
    });
  }
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
}

const associated = ({ service, name }: Belongs): Buffer => Buffer.from(`${service}\0${name}`, 'utf8');

function cannotOpen({ name }: Belongs, cause?: unknown): SlipwayError {
  return new SlipwayError('internal', {
    params: { reason: `the sealed value of ${name} does not open with this host's SLIPWAY_SECRET_KEY` },
    cause,
  });
}
