// Dependency groups (PEP 735), for installers that don't know them. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { asTable, asText, normalizeName } from './toml.js';

export type Groups = Record<string, unknown[]>;

/** The name as the project spells it, of the group or extra that `profile` picks. */
export function named(tables: Record<string, unknown>, profile: string | undefined): string | undefined {
  if (profile === undefined) return undefined;
  return Object.keys(tables).find((name) => normalizeName(name) === normalizeName(profile));
}

/** All requirements of a group, with those of the groups that it includes. */
export function expandGroup(groups: Groups, group: string, within: readonly string[] = []): string[] {
  const name = named(groups, group);
  if (name === undefined || within.includes(name)) {
    throw new SlipwayError('dependencies_unresolvable', {
      text: 'dependencies_unresolvable.no_group',
      params: { group },
    });
  }
  return (groups[name] ?? []).flatMap((item) => {
    if (typeof item === 'string') return [item];
    const included = asText(asTable(item)?.['include-group']);
    return included === undefined ? [] : expandGroup(groups, included, [...within, name]);
  });
}
