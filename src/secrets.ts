// Sealing (in the API) and opening (in activities) of values that must stand nowhere in clear. Never in workflows.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { SlipwayError } from './contract/errors.js';

export { mask, maskList } from './masking.js';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

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
  /** What signs callbacks to one URL, and to no other: the present secret first, then those of earlier keys. */
  callbackSecrets(url: string): string[];
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
    callbackSecrets(url) {
      const keys = [sealing, ...[...opening.values()].filter((key) => key !== sealing)];
      return keys.map(({ bytes }) => callbackSecretOf(bytes, new URL(url).href));
    },
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

/** What a variable for builds is sealed as: it may have the name of one for the app. */
export const buildVariable = (name: string): string => `build_variables.${name}`;

/** Opens what a service's installs are given: name -> value. */
export function openBuildVariables(
  secrets: Secrets,
  service: string,
  sealed: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sealed).map(([name, value]) => [name, secrets.open(value, { service, name: buildVariable(name) })]),
  );
}

/** The values to mask: of all variables but those that are no secrets. */
export function secretValuesOf(
  variables: Readonly<Record<string, string>>,
  plain: readonly string[] | undefined,
): string[] {
  return secretNamesOf(variables, plain).flatMap((name) => variables[name] ?? []);
}

export const secretNamesOf = (variables: Readonly<Record<string, string>>, plain: readonly string[] = []): string[] =>
  Object.keys(variables).filter((name) => !plain.includes(name));

/** Derived, so that nothing is to be kept; a receiver can't find out those of other receivers, nor the key. */
function callbackSecretOf(key: Buffer, url: string): string {
  return `whsec_${createHmac('sha256', key).update(`callback v1\0${url}`).digest('base64')}`;
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
