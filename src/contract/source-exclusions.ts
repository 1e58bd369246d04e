// What never belongs to a release, wherever its source comes from: version control, environments, caches, build leftovers,
// Slipway's own data, and what a Mac notes of its files.

const NAMES = new Set([
  '.git',
  '.hg',
  '.svn',
  '.venv',
  '.slipway',
  '__pycache__',
  'node_modules',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.tox',
  '.nox',
  '.DS_Store',
  '__MACOSX',
]);
/** Of a file's attributes: `._main.py` beside `main.py`. */
const MAC_NOTES = '._';

export const isExcludedName = (name: string): boolean =>
  NAMES.has(name) || name.endsWith('.egg-info') || name.startsWith(MAC_NOTES);

/** A folder that holds this file is a virtual environment, whatever its name. */
export const ENVIRONMENT_MARK = 'pyvenv.cfg';

const ENV_FILE = /(?:^|\/)\.env(?:\.(?!example$|sample$|template$|dist$)[^/]*)?$/;

/** Whether a path is a file of variables, whose values may be secrets: `.env`, `.env.prod`. */
export const isEnvFile = (path: string): boolean => ENV_FILE.test(path);
