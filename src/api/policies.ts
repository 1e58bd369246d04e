// The policies that keys may be bound to: a file of the operator's, read again when it changes.
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SlipwayError } from '../contract/errors.js';
import {
  isWithoutServices,
  policiesIn,
  policyFileSchema,
  uncoveredRules,
  type Policy,
} from '../contract/permissions.js';
import { say } from '../contract/texts.js';
import { check, reasonOf } from '../contract/wrong-fields.js';

export interface Policies {
  /** Undefined when there is none of that name. Throws `forbidden` while the file can't be read: nobody is let in by a guess. */
  of(name: string): Promise<Policy | undefined>;
}

/** Told at each reading of the file: what an operator should decide, or why nobody whose key is bound to it is let in. */
export type PolicyNotice = (message: string) => void;

/**
 * Throws `bad_configuration` when the file can't be read at the start. Without a file there are no policies. A file with
 * one wrong rule is refused as a whole: what is left of it might grant what the wrong rule was written to replace.
 */
export async function openPolicies(
  path: string | undefined,
  notice: PolicyNotice = () => undefined,
): Promise<Policies> {
  if (path === undefined) return { of: () => Promise.resolve(undefined) };
  let cached: { version: string; policies: Map<string, Policy> } | undefined;
  let told: string | undefined; // the trouble with it, which each call would tell again

  async function read(file: string): Promise<Map<string, Policy>> {
    const stats = statSync(file);
    if (!stats.isFile()) throw new Error(say('field.regular_file', {}, 'en')); // a read of a pipe or a device may never end
    const version = [stats.mtimeMs, stats.size, stats.ino].join(' ');
    if (cached?.version !== version) cached = { version, policies: await readPolicies(file, notice) };
    return cached.policies;
  }

  try {
    await read(path);
  } catch (cause) {
    const reason = `SLIPWAY_POLICY_FILE (${path}): ${(cause as Error).message}`;
    throw new SlipwayError('bad_configuration', { params: { reason }, cause });
  }
  return {
    async of(name) {
      try {
        const policies = await read(path);
        told = undefined;
        return policies.get(name);
      } catch (cause) {
        const reason = (cause as Error).message;
        if (told !== reason) notice(`Keys with a policy are refused until this is right: ${reason}`);
        told = reason;
        throw new SlipwayError('forbidden', { text: 'forbidden.policies_unreadable', cause });
      }
    },
  };
}

async function readPolicies(file: string, notice: PolicyNotice): Promise<Map<string, Policy>> {
  const checked = check(policyFileSchema, JSON.parse(await readFile(file, 'utf8')), 'en'); // as of any other setting
  if ('wrong' in checked) throw new Error(reasonOf(checked.wrong));
  const { value } = checked;
  if (Object.keys(value).length > 0 && isWithoutServices(value)) notice(NO_SERVICES);
  const uncovered = uncoveredRules(value);
  if (uncovered.length > 0) notice(`These rules have no services, and grant nothing: ${uncovered.join(', ')}`);
  return policiesIn(value);
}

const NO_SERVICES =
  'No rule of SLIPWAY_POLICY_FILE has services: each one covers all services, as in earlier versions. ' +
  'Add "services" to the rules; once one rule has it, a rule without it covers none.';
