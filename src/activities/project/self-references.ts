// Requirements by which a project means itself: `name[extra]` in an extra or a group of its own. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { named } from './groups.js';
import type { Pyproject } from './pyproject.js';
import { normalizeName } from './toml.js';

/**
 * The requirements, with the extras that the project means in the place of its name, and nothing where it means itself
 * alone. Refuses one that holds under a condition, which each requirement of the extra would have to take over.
 */
export function withoutSelfReferences(pyproject: Pyproject, requirements: readonly string[]): string[] {
  const expanded = new Set<string>();
  const expand = (text: string): string[] => {
    const extras = extrasMeantBy(text, pyproject.name);
    if (!extras) return [text];
    if (text.includes(';')) throw conditional(text);
    return extras.flatMap((extra) => {
      const spelt = named(pyproject.extras, extra);
      if (spelt === undefined || expanded.has(spelt)) return [];
      expanded.add(spelt);
      return (pyproject.extras[spelt] ?? []).flatMap(expand);
    });
  };
  return [...new Set(requirements.flatMap(expand))];
}

const NAME_AND_EXTRAS = /^\s*([a-z0-9][a-z0-9._-]*)\s*(?:\[([^\][]*)\])?/i;

/** The extras of a requirement that means the project `name`; undefined for any other. */
function extrasMeantBy(requirement: string, name: string | undefined): string[] | undefined {
  const [, named, extras = ''] = NAME_AND_EXTRAS.exec(requirement) ?? [];
  if (named === undefined || normalizeName(named) !== name) return undefined;
  return extras
    .split(',')
    .map((extra) => extra.trim())
    .filter((extra) => extra !== '');
}

const conditional = (requirement: string): SlipwayError =>
  new SlipwayError('source_invalid', { text: 'fallback.conditional_self', params: { requirement } });
