// Chooses the host's interpreter for an app. Pure.
import { SlipwayError } from '../../contract/errors.js';
import type { Interpreter } from '../ports/interpreter.js';
import { compareVersions, fitsPython, isPlainVersion } from './python-versions.js';

export interface PythonWish {
  /** From the request, the project or `.python-version`: a version, or specifiers. */
  wish?: string;
  /** The source of the wish, for the error. */
  from?: string;
  /** The project's `requires-python`, which applies in addition to the wish. */
  requires?: string;
  needsVenv: boolean;
}

/**
 * Returns the highest version that matches the rules. Without rules, returns the host's default. `interpreters` has the
 * default first. Pre-releases are used only if no other version matches.
 */
export function choosePython(interpreters: readonly Interpreter[], wanted: PythonWish): Interpreter {
  const rules = [wanted.wish, wanted.requires].filter((rule) => rule !== undefined);
  const fitting = interpreters.filter(({ version }) => rules.every((rule) => fitsPython(rule, version)));
  const usable = fitting.filter(({ hasVenv }) => hasVenv || !wanted.needsVenv);
  const chosen = rules.length === 0 ? usable[0] : highest(usable);
  if (chosen) return chosen;
  throw unavailable(wanted, interpreters, fitting.length > 0);
}

function highest(interpreters: readonly Interpreter[]): Interpreter | undefined {
  const finals = interpreters.filter(({ version }) => isPlainVersion(version));
  const candidates = finals.length > 0 ? finals : interpreters;
  return candidates.toSorted((a, b) => compareVersions(b.version, a.version))[0]; // stable: the default wins a tie
}

function unavailable(
  { wish, from, requires }: PythonWish,
  interpreters: readonly Interpreter[],
  lackVenv: boolean,
): SlipwayError {
  const versions = [...new Set(interpreters.map(({ version }) => version))].join(', ') || '-';
  const rules = new Map([
    [requires, 'requires-python'],
    [wish, from],
  ]);
  rules.delete(undefined);
  const wanted = [...rules].map(([rule, where]) => (where === undefined ? rule : `${rule} (${where})`)).join(', ');
  return new SlipwayError('python_unavailable', {
    text: lackVenv ? 'python_unavailable.no_venv' : 'python_unavailable',
    params: { wanted: wanted || 'Python 3', found: versions },
  });
}
