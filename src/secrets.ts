// Seals secrets (in the API) and opens them (in activities). Workflows never open secrets.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { SlipwayError } from './contract/errors.js';

export { mask, maskList } from './masking.js';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The owner of a sealed value, which can be opened only with the same owner. */
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
  /** Throws `internal` if the key is unknown or the value was changed. */
  open(sealed: string, to: Belongs): string;
  /** Returns a keyed digest, which shows whether two texts are equal without revealing them. */
  mac(text: string): string;
  /** Returns the secrets that sign callbacks to this URL only: the current secret, then the secrets of earlier keys. */
  callbackSecrets(url: string): string[];
}

/** Creates the secrets. Keys are 32 bytes in base64. The current key seals, and all keys open. */
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
    callbackSecrets(url) {
      const keys = [sealing, ...[...opening.values()].filter((key) => key !== sealing)];
      return keys.map(({ bytes }) => callbackSecretOf(bytes, new URL(url).href));
    },
  };
}

/** Opens the variables of a service: name -> value. */
export function openVariables(
  secrets: Secrets,
  service: string,
  sealed: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sealed).map(([name, value]) => [name, secrets.open(value, { service, name })]),
  );
}

/** Returns the name with which a build variable is sealed, because a variable for the app may have the same name. */
export const buildVariable = (name: string): string => `build_variables.${name}`;

/** Opens the build variables of a service: name -> value. */
export function openBuildVariables(
  secrets: Secrets,
  service: string,
  sealed: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sealed).map(([name, value]) => [name, secrets.open(value, { service, name: buildVariable(name) })]),
  );
}

/** Returns the values to mask: all variables except plain ones. */
export function secretValuesOf(
  variables: Readonly<Record<string, string>>,
  plain: readonly string[] | undefined,
): string[] {
  return secretNamesOf(variables, plain).flatMap((name) => variables[name] ?? []);
}

export const secretNamesOf = (variables: Readonly<Record<string, string>>, plain: readonly string[] = []): string[] =>
  Object.keys(variables).filter((name) => !plain.includes(name));

/**
 * Derives the secret from the key, so that it needn't be stored. A receiver can't derive the key or the secrets of
 * other receivers.
 */
function callbackSecretOf(key: Buffer, url: string): string {
  return `whsec_${createHmac('sha256', key).update(`callback v1\0${url}`).digest('base64')}`;
}

export const newSecretKey = (): string => randomBytes(32).toString('base64');

/** Returns a secret in the format of Standard Webhooks: 24 to 64 bytes. */
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
