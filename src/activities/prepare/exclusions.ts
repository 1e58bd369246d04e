// What never belongs to a release: version control, environments, caches, build leftovers.

const NAMES = new Set([
  '.git',
  '.hg',
  '.venv',
  '__pycache__',
  'node_modules',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
]);

export const isExcludedName = (name: string): boolean => NAMES.has(name) || name.endsWith('.egg-info');

/** A folder that holds this file is a virtual environment, whatever its name. */
export const ENVIRONMENT_MARK = 'pyvenv.cfg';
