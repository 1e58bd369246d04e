// Finds the build variables that a Dockerfile uses. Pure.
import { posix } from 'node:path';
import { instructionsIn } from './dockerfile.js';

/** The variables that a Dockerfile uses, by name. */
export interface TakenVariables {
  /** From ARG lines. Their values are in the image's history. */
  args: string[];
  /** From `RUN --mount=type=secret`. Their values are in no layer. */
  secrets: string[];
  /** Secret mounts whose name isn't literal, so the secret can't be determined. */
  unread: string[];
}

export function takenVariables(dockerfile: string): TakenVariables {
  const args = new Set<string>();
  const secrets = new Set<string>();
  const unread: string[] = [];
  for (const [instruction = '', ...words] of instructionsIn(dockerfile)) {
    if (/^ARG$/i.test(instruction)) for (const word of words) args.add(word.split('=', 1)[0] ?? '');
    if (!/^RUN$/i.test(instruction)) continue;
    for (const word of words) {
      const name = nameOf(fieldsOf(word));
      if (!isPlain(word)) unread.push(word);
      else if (name !== undefined) secrets.add(name);
    }
  }
  return { args: [...args], secrets: [...secrets], unread };
}

/** Returns true if a word mounts no secret, or names the secret without quotes, escapes or variables. */
function isPlain(word: string): boolean {
  const type = valueIn(fieldsOf(word.replaceAll(/["'`\\]/g, '')), 'type') ?? '';
  if (!isSecret(type) && !type.includes('$')) return true;
  const fields = fieldsOf(word);
  return fields.every(([key = '']) => /^[a-z_-]+$/.test(key)) && /^[\w.-]+$/.test(nameOf(fields) ?? '');
}

const isSecret = (type: string | undefined): boolean => type?.toLowerCase() === 'secret';

/**
 * Returns the Dockerfile with a mark after the `id` of each of these secrets. BuildKit reuses the layer of a command
 * even if a secret has changed; with another `id` it is another command.
 */
export function markSecrets(dockerfile: string, names: readonly string[], mark: string): string {
  return dockerfile.replaceAll(MOUNT, (word) => {
    const fields = fieldsOf(word);
    const name = nameOf(fields);
    if (name === undefined || !names.includes(name)) return word;
    const others = fields.filter(([key]) => key !== 'id');
    const isPlaced = others.some(([key = '']) => TARGETS.includes(key) || key === 'env');
    const placed = isPlaced ? others : [...others, ['target', `/run/secrets/${name}`]];
    return `--mount=${[...placed, ['id', marked(name, mark)]].map((field) => field.join('=')).join(',')}`;
  });
}

export const marked = (name: string, mark: string): string => `${name}.${mark}`;

/** Matches a mount, even at the end of a line: `id=TOKEN\`. */
const MOUNT = /--mount=[^\s\\]+/g;
const TARGETS = ['target', 'dst', 'destination'];

function fieldsOf(word: string): string[][] {
  const [, options] = /^--mount=(.*)$/.exec(word) ?? [];
  return (options?.split(',') ?? []).map((field) => {
    const [key = '', ...value] = field.split('=');
    return value.length === 0 ? [key.toLowerCase()] : [key.toLowerCase(), value.join('=')];
  });
}

/** Returns the name of a mount's secret: its `id`, or its file name. Undefined for other mounts. */
function nameOf(fields: readonly string[][]): string | undefined {
  if (!isSecret(valueIn(fields, 'type'))) return undefined;
  const target = valueIn(fields, ...TARGETS);
  return valueIn(fields, 'id') ?? (target === undefined ? undefined : posix.basename(target));
}

const valueIn = (fields: readonly string[][], ...keys: string[]): string | undefined =>
  fields.find(([key = '']) => keys.includes(key))?.[1];
