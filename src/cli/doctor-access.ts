// The checks of access rules that need a decision after an upgrade: the services that policies cover, and the networks
// that git may access.
import { readFileSync, statSync } from 'node:fs';
import type { Config } from '../config.js';
import { layout } from '../contract/layout.js';
import { isWithoutServices, uncoveredRules, type PolicyFile } from '../contract/permissions.js';
import { readPolicyFile, writableByOthers } from '../policy-file.js';
import type { Finding } from './doctor.js';
import { reasonOf } from './errors.js';

/** Returns no findings without a policy file, because then no key has a policy. */
export async function policiesOf({
  policyFile: path,
  dataDir,
}: Pick<Config, 'policyFile' | 'dataDir'>): Promise<Finding[]> {
  if (path === undefined) return [];
  const read = await reading(path);
  if ('reason' in read)
    return [{ check: 'policies', status: 'missing', text: 'policies_wrong', params: { path, ...read } }];
  const place = writableByOthers(path, ownerOf(dataDir));
  const findings: Finding[] = [
    ...(place === undefined
      ? []
      : [{ check: 'policies', status: 'lacks', text: 'setting.policy_file', params: { place } } as const]),
    ...undecidedIn(read.value, path),
  ];
  return findings.length > 0 ? findings : [{ check: 'policies', status: 'ok', text: 'policies', params: { path } }];
}

function undecidedIn(value: PolicyFile, path: string): Finding[] {
  if (Object.keys(value).length > 0 && isWithoutServices(value))
    return [{ check: 'policies', status: 'note', text: 'policies_of_all', params: { path } }];
  const rules = uncoveredRules(value).join(', ');
  if (rules === '') return [];
  return [{ check: 'policies', status: 'note', text: 'policies_uncovered', params: { path, rules } }];
}

async function reading(path: string): Promise<{ value: PolicyFile } | { reason: string }> {
  try {
    return { value: await readPolicyFile(path) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** Returns Slipway's user, even if another user runs the check. Undefined before the first start. */
const ownerOf = (dataDir: string): number | undefined => statSync(dataDir, { throwIfNoEntry: false })?.uid;

/** Returns no findings if the setting is set, or if the data folder wasn't created by an earlier version. */
export function gitNetworksOf({ dataDir, gitNetworks }: Pick<Config, 'dataDir' | 'gitNetworks'>): Finding[] {
  if (gitNetworks !== undefined || readIfThere(layout(dataDir).gitNetworks) !== 'private') return [];
  return [{ check: 'git networks', status: 'note', text: 'git_reaches_all', params: {} }];
}

/**
 * Since this version, git connects to the address that was checked, even if the name resolves to another address by
 * then.
 */
const PINS_SINCE = [2, 37] as const;

export function canPin(version: string): boolean {
  const [major = 0, minor = 0] = (/\d+\.\d+/.exec(version)?.[0] ?? '').split('.').map(Number);
  return major > PINS_SINCE[0] || (major === PINS_SINCE[0] && minor >= PINS_SINCE[1]);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // no data folder yet, or not readable
  }
}
