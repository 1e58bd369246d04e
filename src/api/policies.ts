// The policies that keys may be bound to, from the operator's file. The file is read again when it changes.
import { statSync } from 'node:fs';
import { SlipwayError } from '../contract/errors.js';
import { isWithoutServices, policiesIn, uncoveredRules, type Policy } from '../contract/permissions.js';
import { warningSentence } from '../config-warnings.js';
import { readPolicyFile, writableByOthers } from '../policy-file.js';

export interface Policies {
  /**
   * Returns the policy, or undefined if there is none with this name. Throws `forbidden` while the file is invalid, so
   * that no caller gets access by mistake.
   */
  of(name: string): Promise<Policy | undefined>;
}

/**
 * Called when the file is read, with a warning for the operator, or with the reason why keys with a policy are
 * rejected.
 */
export type PolicyNotice = (message: string) => void;

/**
 * Opens the policy file. Throws `bad_configuration` if the file is invalid at the start. Without a file there are no
 * policies. A file with one wrong rule is rejected as a whole: the other rules might grant access that the wrong rule
 * was meant to limit.
 */
export async function openPolicies(
  path: string | undefined,
  notice: PolicyNotice = () => undefined,
): Promise<Policies> {
  if (path === undefined) return { of: () => Promise.resolve(undefined) };
  let cached: { version: string; policies: Map<string, Policy> } | undefined;
  let reportedReason: string | undefined; // the last reported error, so that calls don't report it again

  async function read(file: string): Promise<Map<string, Policy>> {
    const { mtimeMs, ctimeMs, size, ino } = statSync(file);
    const version = [mtimeMs, ctimeMs, size, ino].join(' '); // ctime also changes with the file's permissions
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
        reportedReason = undefined;
        return policies.get(name);
      } catch (cause) {
        const reason = (cause as Error).message;
        if (reportedReason !== reason) notice(`Keys with a policy are refused until this is right: ${reason}`);
        reportedReason = reason;
        throw new SlipwayError('forbidden', { text: 'forbidden.policies_wrong', cause });
      }
    },
  };
}

async function readPolicies(file: string, notice: PolicyNotice): Promise<Map<string, Policy>> {
  const value = await readPolicyFile(file);
  if (Object.keys(value).length > 0 && isWithoutServices(value)) notice(NO_SERVICES);
  const uncovered = uncoveredRules(value);
  if (uncovered.length > 0) notice(`These rules have no services, and grant nothing: ${uncovered.join(', ')}`);
  const place = writableByOthers(file);
  if (place !== undefined) notice(warningSentence({ text: 'setting.policy_file', params: { place }, isRisk: true }));
  return policiesIn(value);
}

const NO_SERVICES =
  'No rule of SLIPWAY_POLICY_FILE has services: each one covers all services, as in earlier versions. ' +
  'Add "services" to the rules; once one rule has it, a rule without it covers none.';
