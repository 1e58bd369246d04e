// Collects variables for the app from options, this environment and files. Later values override earlier ones.
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { textOf } from '../contract/text-encoding.js';
import { BadEnvFile, parseEnvFile } from './env-file.js';
import { CliError, reasonOf } from './errors.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Absent if the value comes from the CLI's environment. */
export interface Variable {
  name: string;
  value?: string;
}

/** Parses a variable's name for commander. Errors don't repeat the text, because it may be the secret itself. */
export function variableName(text: string): string {
  if (!NAME.test(text)) throw new InvalidArgumentError('It must be the NAME of a variable that holds the value.');
  return text;
}

/** Parses `NAME=VALUE` or `NAME` for commander. */
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
  const bytes = bytesOf(path);
  try {
    return parseEnvFile(textOf(bytes));
  } catch (error) {
    if (error instanceof BadEnvFile) throw new CliError(`env_file_${error.kind}`, { path, line: error.line }, error);
    throw new CliError('env_file_encoding', { path }, error);
  }
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError('unreadable', { path, reason: reasonOf(error) }, error);
  }
}
