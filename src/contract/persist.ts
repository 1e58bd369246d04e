// Determines the paths of an app that outlive its releases: the paths in `persist`, and the files of relative sqlite
// URLs.

export interface PersistedPath {
  /** Relative to the app's folder, without `.` and empty parts. */
  path: string;
  /** The kind to create if the path doesn't exist. Only folders are created. */
  kind: 'file' | 'folder';
}

/** A field with an invalid path, and the text that says which paths are valid. */
export interface WrongPath {
  field: string;
  fault: PathFault;
}
export type PathFault = 'field.inside' | 'field.path_part' | 'field.path_length';

export type PersistedPaths = { paths: PersistedPath[] } | { wrong: [WrongPath, ...WrongPath[]] };

/** The longest file name of common file systems. */
const LONGEST_PART_BYTES = 255;
/**
 * The longest persisted path. Linux allows 4,095 bytes for a whole path, which also holds the data folder, the service
 * name and a deployment id.
 */
const LONGEST_PATH_BYTES = 1024;

/** Control characters, and characters that change the text direction. These characters can disguise a name in logs. */
const DISGUISING = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u;

/** Returns true if a path is relative, stays inside its folder, and is safe to show in logs and terminals. */
export const staysInside = (path: string): boolean =>
  !path.startsWith('/') && !path.includes('\\') && !DISGUISING.test(path) && !path.split('/').includes('..');

/**
 * Normalizes a path relative to the app's folder. Returns undefined if the path isn't relative, leaves the folder, or
 * is empty.
 */
export function appPath(text: string): string | undefined {
  if (!staysInside(text)) return undefined;
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? undefined : parts.join('/');
}

/** Returns the key of the error text for an invalid path, or undefined. */
export function pathFault(text: string): PathFault | undefined {
  const path = appPath(text);
  if (path === undefined) return 'field.inside';
  if (path.split('/').some((part) => bytesOf(part) > LONGEST_PART_BYTES)) return 'field.path_part';
  return bytesOf(path) > LONGEST_PATH_BYTES ? 'field.path_length' : undefined;
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** Returns the file of a relative `sqlite:///` URL as written in the URL, or undefined for any other value. */
export function sqliteFile(value: string): string | undefined {
  const [, written = '', query = ''] = /^sqlite(?:\+\w+)?:\/\/\/([^?#]*)(?:\?([^#]*))?/i.exec(value.trim()) ?? [];
  const isUri = /(^|&)uri=(true|1)(&|$)/i.test(query);
  const file = isUri ? written.replace(/^file:/i, '') : written;
  const isInMemory = file === ':memory:' || /(^|&)mode=memory(&|$)/i.test(query);
  return file === '' || file.startsWith('/') || isInMemory ? undefined : file;
}

/**
 * Returns all persisted paths, or the invalid ones. `variables` are unsealed. A path inside another persisted path is
 * covered by the outer path.
 */
export function persistedPaths(listed: readonly string[], variables: Readonly<Record<string, string>>): PersistedPaths {
  const wanted = [
    ...listed.map((text, index) => ({ field: `config.persist.${index}`, text, kind: kindOf(text) })),
    ...Object.entries(variables).flatMap(([name, value]) => {
      const text = sqliteFile(value);
      const kind = 'file' as const; // a sqlite URL always names a file, even if its name looks like a folder's
      return text === undefined ? [] : [{ field: `config.environment_variables.${name}`, text, kind }];
    }),
  ];
  const wrong: WrongPath[] = [];
  const kinds = new Map<string, PersistedPath['kind']>();
  for (const { field, text, kind } of wanted) {
    const [path, fault] = [appPath(text), pathFault(text)];
    if (fault !== undefined) wrong.push({ field, fault });
    else if (path !== undefined) kinds.set(path, kind);
  }
  const [first, ...others] = wrong;
  return first ? { wrong: [first, ...others] } : { paths: folded(kinds) };
}

/**
 * Returns the paths that the active release persists and the new release wouldn't. `listed` is the `persist` of the new
 * release.
 */
export function droppedPaths(
  persisted: readonly string[],
  variables: Readonly<Record<string, string>>,
  listed: readonly string[] = [],
): string[] {
  const result = persistedPaths(listed, variables);
  const kept = 'paths' in result ? result.paths.map(({ path }) => path) : [];
  return persisted.filter((path) => !kept.some((outer) => path === outer || path.startsWith(`${outer}/`)));
}

/** Guesses the kind from the name: `data` and `data/` are folders, `bot.db` is a file. */
function kindOf(written: string): PersistedPath['kind'] {
  if (/\/\.?$/.test(written)) return 'folder';
  return /[^/]\.[^/.]+$/.test(written) ? 'file' : 'folder';
}

function folded(kinds: ReadonlyMap<string, PersistedPath['kind']>): PersistedPath[] {
  const paths = [...kinds.keys()].sort();
  const holds = (outer: string, inner: string): boolean => inner.startsWith(`${outer}/`);
  const outermost = paths.filter((path) => !paths.some((other) => holds(other, path)));
  return outermost.map((path) => ({
    path,
    kind: paths.some((other) => holds(path, other)) ? 'folder' : (kinds.get(path) ?? 'file'),
  }));
}
