// Detects dependencies that a project declares in a place that no mode reads. Without an error, the app would start and
// fail at its first import, maybe hours later. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { messageOf, type TextWith } from '../../contract/texts.js';
import type { Pyproject } from './pyproject.js';
import { requirementFilesOf } from './requirements.js';

/** The entries at the project's root. */
export interface RootEntries {
  /** The names of its files. */
  names: readonly string[];
  /** The names in its folder `requirements`. */
  requirementsFolder?: readonly string[];
  pyproject?: Pyproject;
}

interface Declaration {
  /** Returns the first path with a declaration. */
  in: (entries: RootEntries) => string | undefined;
  text: TextWith<'file'>;
}

const named =
  (pattern: RegExp) =>
  ({ names }: RootEntries): string | undefined =>
    names.find((name) => pattern.test(name));

/** Without files for development only (`requirements-dev.txt`), whose installation isn't expected. */
const OF_A_SET = /^requirements-(?:base|common|main|prod|production)\.txt$|^requirements\.in$/;
const IN_FOLDER = /^(?:base|common|main|prod|production)\.(?:txt|in)$/;

const DECLARATIONS: readonly Declaration[] = [
  { in: named(/^Pipfile(?:\.lock)?$/), text: 'unread.pipfile' },
  { in: named(/^environment\.ya?ml$/), text: 'unread.conda' },
  { in: ({ pyproject }) => (isPoetrysAlone(pyproject) ? 'pyproject.toml' : undefined), text: 'unread.poetry' },
  { in: named(OF_A_SET), text: 'unread.requirements' },
  {
    in: ({ requirementsFolder = [] }) => {
      const name = requirementsFolder.find((file) => IN_FOLDER.test(file));
      return name === undefined ? undefined : `requirements/${name}`;
    },
    text: 'unread.requirements',
  },
];

/** If one of these exists, other declarations are ignored. */
const READ = ['setup.py'];

/** Throws `source_invalid` with the file, and what to do about it. */
export function refuseUnread(entries: RootEntries, profile: string | undefined): void {
  const { names, requirementsFolder = [], pyproject } = entries;
  const present = [...names, ...requirementsFolder.map((name) => `requirements/${name}`)];
  if (present.some((path) => READ.includes(path) || requirementFilesOf(profile).includes(path))) return;
  if (pyproject?.hasProject || (pyproject?.hasBuildSystem && !isPoetrysAlone(pyproject))) return;
  for (const { in: find, text } of DECLARATIONS) {
    const file = find(entries);
    if (file !== undefined) throw unread(file, text);
  }
}

export const unread = (file: string, text: TextWith<'file'>): SlipwayError =>
  new SlipwayError('source_invalid', messageOf(text, { file }));

/** Returns true if the dependencies are in a table that only Poetry reads, and pip can't build the project. */
function isPoetrysAlone(pyproject: Pyproject | undefined): boolean {
  if (!pyproject?.poetry?.hasDependencies || pyproject.hasProject) return false;
  return !pyproject.hasBuildSystem || !pyproject.poetry.isPackage;
}
