// Which of an app's paths outlive its releases (contract §3.2): those it names, and the files of relative sqlite URLs. Pure.

export interface PersistedPath {
  /** Relative to the app's folder, without `.` and empty parts. */
  path: string;
  /** What the app expects there while nothing is: only a folder is made for it. */
  kind: 'file' | 'folder';
}

export type PersistedPaths =
  | { paths: PersistedPath[] }
  /** The field whose path leaves the app's folder. */
  | { outside: string };

/** A path below the app's folder in its plainest form; undefined for one that is not relative, or leaves it. */
export function appPath(text: string): string | undefined {
  if (text.startsWith('/') || text.includes('\\') || text.includes('\0')) return undefined;
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? undefined : parts.join('/');
}

/** The file of a relative `sqlite:///` URL, as it is written there; undefined for every other value. */
export function sqliteFile(value: string): string | undefined {
  const [, written = '', query = ''] = /^sqlite(?:\+\w+)?:\/\/\/([^?#]*)(?:\?([^#]*))?/i.exec(value.trim()) ?? [];
  const isUri = /(^|&)uri=(true|1)(&|$)/i.test(query);
  const file = isUri ? written.replace(/^file:/i, '') : written;
  const isInMemory = file === ':memory:' || /(^|&)mode=memory(&|$)/i.test(query);
  return file === '' || file.startsWith('/') || isInMemory ? undefined : file;
}

/** `variables` in clear. A path inside another one goes with it. */
export function persistedPaths(listed: readonly string[], variables: Readonly<Record<string, string>>): PersistedPaths {
  const found = new Map<string, PersistedPath['kind']>();
  for (const [index, written] of listed.entries()) {
    const path = appPath(written);
    if (path === undefined) return { outside: `config.persist.${index}` };
    found.set(path, kindOf(written));
  }
  for (const [name, value] of Object.entries(variables)) {
    const file = sqliteFile(value);
    if (file === undefined) continue;
    const path = appPath(file);
    if (path === undefined) return { outside: `config.environment_variables.${name}` };
    found.set(path, 'file'); // said by the app itself, whatever the name looks like
  }
  return { paths: folded(found) };
}

/** A name says what it is of: `data` and `data/` of a folder, `bot.db` of a file. */
function kindOf(written: string): PersistedPath['kind'] {
  if (/\/\.?$/.test(written)) return 'folder';
  return /[^/]\.[^/.]+$/.test(written) ? 'file' : 'folder';
}

function folded(found: ReadonlyMap<string, PersistedPath['kind']>): PersistedPath[] {
  const paths = [...found.keys()].sort();
  const holds = (outer: string, inner: string): boolean => inner.startsWith(`${outer}/`);
  const outermost = paths.filter((path) => !paths.some((other) => holds(other, path)));
  return outermost.map((path) => ({
    path,
    kind: paths.some((other) => holds(path, other)) ? 'folder' : (found.get(path) ?? 'file'),
  }));
}
