// Resolves requirements that name the project itself: `name[extra]` in one of its own extras or groups. Pure.
import { SlipwayError } from '../../contract/errors.js';
import type { Pyproject } from './pyproject.js';
import { normalizeName } from './toml.js';

/**
 * Returns the requirements, with the requirements of the extras in place of the project's own name. Throws for a
 * reference with a condition, which each requirement of the extra would have to include. Each extra is inserted once,
 * so the work is linear in the size of the project's text.
 */
export function withoutSelfReferences({ name, extras }: Pyproject, requirements: readonly string[]): string[] {
  if (name === undefined) return [...requirements];
  const byName = new Map(Object.entries(extras).map(([extra, texts]) => [normalizeName(extra), texts]));
  const resolved = new Set<string>();
  const waiting = [...requirements].reverse(); // the last entry is next
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    const meant = extrasMeantBy(text, name);
    if (!meant) resolved.add(text);
    else if (text.includes(';')) throw conditional(text);
    else
      for (const extra of meant.reverse()) {
        const texts = byName.get(extra) ?? [];
        byName.delete(extra);
        for (const requirement of texts.toReversed()) waiting.push(requirement);
      }
  }
  return [...resolved];
}

const NAME_AND_EXTRAS = /^\s*([a-z0-9][a-z0-9._-]*)\s*(?:\[([^\][]*)\])?/i;

/** Returns the extras of a requirement that names the project itself. Undefined for any other. */
function extrasMeantBy(requirement: string, name: string): string[] | undefined {
  const [, named, extras = ''] = NAME_AND_EXTRAS.exec(requirement) ?? [];
  if (named === undefined || normalizeName(named) !== name) return undefined;
  return extras
    .split(',')
    .map((extra) => normalizeName(extra.trim()))
    .filter((extra) => extra !== '');
}

const conditional = (requirement: string): SlipwayError =>
  new SlipwayError('source_invalid', {
    text: 'fallback.conditional_self',
    params: { requirement: requirement.slice(0, 200) },
  });
