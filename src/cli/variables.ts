// NAME=VALUE for the app: from the command line, this environment, and files of them. What stands later wins.
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { CliError, reasonOf } from './errors.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `value` is missing where it is to be taken from the own environment. */
export interface Variable {
  name: string;
  value?: string;
}

/** For commander: `NAME=VALUE`, or `NAME`. */
export function parseVariable(text: string, before: readonly Variable[] = []): Variable[] {
  const [name = '', ...rest] = text.split('=');
  if (!NAME.test(name)) throw new InvalidArgumentError('It must be NAME=VALUE, or NAME to take it from here.');
  return [...before, rest.length === 0 ? { name } : { name, value: rest.join('=') }];
}

export function collectVariables(
  given: readonly Variable[],
  files: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const all = [...files.flatMap(readFileOf), ...given];
  return Object.fromEntries(all.map(({ name, value }) => [name, value ?? own(name, environment)]));
}

function own(name: string, environment: Readonly<Record<string, string | undefined>>): string {
  const value = environment[name];
  if (value === undefined) throw new CliError('unset_variable', { name });
  return value;
}

function readFileOf(path: string): Variable[] {
  try {
    return parseEnvFile(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CliError('unreadable', { path, reason: reasonOf(error) }, error);
  }
}

/** As Docker's `--env-file` and most `.env` files: comments, blank lines, `export`, and quotes around a value. */
export function parseEnvFile(text: string): Variable[] {
  const variables: Variable[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, name, value] = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?$/.exec(trimmed) ?? [];
    if (name === undefined) throw new Error(`line ${number} is not NAME=VALUE`);
    variables.push(value === undefined ? { name } : { name, value: unquoted(value) });
  }
  return variables;
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return inner ?? value;
}
