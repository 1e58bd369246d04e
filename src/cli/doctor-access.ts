// What an operator should decide after an upgrade: which services policies cover, and which networks git may reach.
import { readFileSync } from 'node:fs';
import type { Config } from '../config.js';
import { layout } from '../contract/layout.js';
import { isWithoutServices, policyFileSchema, uncoveredRules } from '../contract/permissions.js';
import { check, reasonOf } from '../contract/wrong-fields.js';
import type { Finding } from './doctor.js';
import { reasonOf as wordsOf } from './errors.js';

/** None without a file: then no key is bound to people. */
export function policiesOf({ policyFile: path }: Pick<Config, 'policyFile'>): Finding[] {
  if (path === undefined) return [];
  const finding = (status: Finding['status'], text: Finding['text'], params: Finding['params'] = {}): Finding[] => [
    { check: 'policies', status, text, params: { path, ...params } },
  ];
  const read = readPolicies(path);
  if ('reason' in read) return finding('missing', 'policies_wrong', read);
  const { value } = read;
  if (Object.keys(value).length > 0 && isWithoutServices(value)) return finding('note', 'policies_of_all');
  const rules = uncoveredRules(value);
  return rules.length > 0
    ? finding('note', 'policies_uncovered', { rules: rules.join(', ') })
    : finding('ok', 'policies');
}

function readPolicies(path: string) {
  try {
    const checked = check(policyFileSchema, JSON.parse(readFileSync(path, 'utf8')), 'en');
    return 'wrong' in checked ? { reason: reasonOf(checked.wrong) } : checked;
  } catch (error) {
    return { reason: wordsOf(error) };
  }
}

/** None where somebody decided, or where there is nothing of an earlier version. */
export function gitNetworksOf({ dataDir, gitNetworks }: Pick<Config, 'dataDir' | 'gitNetworks'>): Finding[] {
  if (gitNetworks !== undefined || readIfThere(layout(dataDir).gitNetworks) !== 'private') return [];
  return [{ check: 'git networks', status: 'note', text: 'git_reaches_all', params: {} }];
}

/** From this version on git connects to the address that was judged, whatever the name leads to by then. */
const PINS_SINCE = [2, 37] as const;

export function canPin(version: string): boolean {
  const [major = 0, minor = 0] = (/\d+\.\d+/.exec(version)?.[0] ?? '').split('.').map(Number);
  return major > PINS_SINCE[0] || (major === PINS_SINCE[0] && minor >= PINS_SINCE[1]);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // no data folder yet, or not ours to read
  }
}
