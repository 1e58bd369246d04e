// Which of an app's paths outlive its releases (contract §3.2): those it names, and the files of relative sqlite URLs. Pure.

export interface PersistedPath {
  /** Relative to the app's folder, without `.` and empty parts. */
  path: string;
  /** What the app expects there while nothing is: only a folder is made for it. */
  kind: 'file' | 'folder';
}

/** A field whose path can't be persisted, and what would be right. */
export interface WrongPath {
  field: string;
  fault: PathFault;
}
export type PathFault = 'field.inside' | 'field.path_part' | 'field.path_length';

export type PersistedPaths = { paths: PersistedPath[] } | { wrong: [WrongPath, ...WrongPath[]] };

/** What file systems take as one name. */
const LONGEST_PART_BYTES = 255;
/** Linux takes 4,095 as a whole path: the data folder, the service's name and a deployment's id stand before it. */
const LONGEST_PATH_BYTES = 1024;

/** Control characters, and those that turn the direction of the text after them: in a log they disguise a name. */
const DISGUISING = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u;

/** Whether a path is relative, and stays inside its folder. Its characters are shown in logs and on terminals. */
export const staysInside = (path: string): boolean =>
  !path.startsWith('/') && !path.includes('\\') && !DISGUISING.test(path) && !path.split('/').includes('..');

/** A path below the app's folder in its plainest form; undefined for one that is not relative, or leaves it. */
export function appPath(text: string): string | undefined {
  if (!staysInside(text)) return undefined;
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? undefined : parts.join('/');
}

/** Why a path can't be one of the app's own. */
export function pathFault(text: string): PathFault | undefined {
  const path = appPath(text);
  if (path === undefined) return 'field.inside';
  if (path.split('/').some((part) => bytesOf(part) > LONGEST_PART_BYTES)) return 'field.path_part';
  return bytesOf(path) > LONGEST_PATH_BYTES ? 'field.path_length' : undefined;
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

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
  const wanted = [
    ...listed.map((text, index) => ({ field: `config.persist.${index}`, text, kind: kindOf(text) })),
    ...Object.entries(variables).flatMap(([name, value]) => {
      const text = sqliteFile(value);
      const kind = 'file' as const; // said by the app itself, whatever the name looks like
      return text === undefined ? [] : [{ field: `config.environment_variables.${name}`, text, kind }];
    }),
  ];
  const wrong: WrongPath[] = [];
  const found = new Map<string, PersistedPath['kind']>();
  for (const { field, text, kind } of wanted) {
    const [path, fault] = [appPath(text), pathFault(text)];
    if (fault !== undefined) wrong.push({ field, fault });
    else if (path !== undefined) found.set(path, kind);
  }
  const [first, ...others] = wrong;
  return first ? { wrong: [first, ...others] } : { paths: folded(found) };
}

/** Paths that the serving release persists and the new one would not. `listed` is the `persist` of the new one, if it has any. */
export function droppedPaths(
  persisted: readonly string[],
  variables: Readonly<Record<string, string>>,
  listed: readonly string[] = [],
): string[] {
  const found = persistedPaths(listed, variables);
  const kept = 'paths' in found ? found.paths.map(({ path }) => path) : [];
  return persisted.filter((path) => !kept.some((outer) => path === outer || path.startsWith(`${outer}/`)));
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
