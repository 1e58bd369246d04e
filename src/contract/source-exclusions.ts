// The names that are excluded from every release, whatever its source: version control, environments, caches, build
// output, Slipway's data folder, and metadata files of macOS.

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
/** The prefix of macOS files with file attributes: `._main.py` next to `main.py`. */
const MAC_NOTES = '._';

export const isExcludedName = (name: string): boolean =>
  NAMES.has(name) || name.endsWith('.egg-info') || name.startsWith(MAC_NOTES);

/** A folder that contains this file is a virtual environment, whatever its name. */
export const ENVIRONMENT_MARK = 'pyvenv.cfg';

const ENV_FILE = /(?:^|\/)\.env(?:\.(?!example$|sample$|template$|dist$)[^/]*)?$/;

/** Returns true if a path is a file of variables, which may hold secrets: `.env`, `.env.prod`. */
export const isEnvFile = (path: string): boolean => ENV_FILE.test(path);
