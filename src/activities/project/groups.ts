// Dependency groups (PEP 735), for installers that don't support them. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { asTable, asText, normalizeName } from './toml.js';

export type Groups = Record<string, unknown[]>;

/** Returns the project's spelling of the group or extra that `profile` names. */
export function named(tables: Record<string, unknown>, profile: string | undefined): string | undefined {
  if (profile === undefined) return undefined;
  return Object.keys(tables).find((name) => normalizeName(name) === normalizeName(profile));
}

/** Real projects nest only a few levels. */
const DEEPEST_INCLUDE = 100;

/**
 * Returns all requirements of a group, including those of included groups. Each group is expanded once: groups that
 * include each other twice would double the work with every level.
 */
export function expandGroup(groups: Groups, group: string): string[] {
  const names = new Map(Object.keys(groups).map((name) => [normalizeName(name), name]));
  const expanded = new Set<string>();

  const expand = (wanted: string, within: ReadonlySet<string>): string[] => {
    const name = names.get(normalizeName(wanted));
    if (name === undefined || within.has(name) || within.size > DEEPEST_INCLUDE) throw noGroup(wanted);
    if (expanded.has(name)) return [];
    expanded.add(name);
    const inside = new Set(within).add(name);
    return (groups[name] ?? []).flatMap((item) => {
      if (typeof item === 'string') return [item];
      const included = asText(asTable(item)?.['include-group']);
      return included === undefined ? [] : expand(included, inside);
    });
  };
  return expand(group, new Set());
}

const noGroup = (group: string): SlipwayError =>
  new SlipwayError('dependencies_unresolvable', { text: 'dependencies_unresolvable.no_group', params: { group } });
