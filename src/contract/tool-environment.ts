// Selects the variables of the host that are passed to tools (git, uv, pip), and so to build scripts: the network
// settings and the package indexes. Only known names are passed, because a host may have other secrets in its
// environment, such as publishing tokens.

/** Program paths, locale, temporary folder, and network certificates. */
const HOST = [
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'TMPDIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];
const PIP = [
  'BUILD_CONSTRAINT',
  'CACHE_DIR',
  'CERT',
  'CLIENT_CERT',
  'CONFIG_FILE',
  'CONSTRAINT',
  'DEFAULT_TIMEOUT',
  'DISABLE_PIP_VERSION_CHECK',
  'EXTRA_INDEX_URL',
  'FIND_LINKS',
  'INDEX_URL',
  'KEYRING_PROVIDER',
  'NO_BINARY',
  'NO_CACHE_DIR',
  'NO_INDEX',
  'ONLY_BINARY',
  'PRE',
  'PREFER_BINARY',
  'PROXY',
  'RETRIES',
  'TIMEOUT',
  'TRUSTED_HOST',
];
const UV = [
  'BUILD_CONSTRAINT',
  'CACHE_DIR',
  'COMPILE_BYTECODE',
  'CONCURRENT_BUILDS',
  'CONCURRENT_DOWNLOADS',
  'CONCURRENT_INSTALLS',
  'CONFIG_FILE',
  'CONSTRAINT',
  'DEFAULT_INDEX',
  'EXCLUDE_NEWER',
  'EXTRA_INDEX_URL',
  'FIND_LINKS',
  'HTTP_RETRIES',
  'HTTP_TIMEOUT',
  'INDEX',
  'INDEX_STRATEGY',
  'INDEX_URL',
  'INSECURE_HOST',
  'KEYRING_PROVIDER',
  'LINK_MODE',
  'NATIVE_TLS',
  'NO_BINARY',
  'NO_BINARY_PACKAGE',
  'NO_BUILD',
  'NO_BUILD_PACKAGE',
  'NO_CACHE',
  'NO_CONFIG',
  'OFFLINE',
  'OVERRIDE',
  'PRERELEASE',
  'REQUEST_TIMEOUT',
  'RESOLUTION',
  'SYSTEM_CERTS',
  'TORCH_BACKEND',
];
const NAMES = new Set([...HOST, ...PIP.map((name) => `PIP_${name}`), ...UV.map((name) => `UV_${name}`)]);
/** Proxy variables in both spellings, and uv's credentials for indexes that a project names. */
const PATTERNS = [/^(https?|ftp|no|all)_proxy$/i, /^UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)$/];

/** The variables that Slipway sets itself: paths of programs, caches and the environment, and the Python version. */
const SLIPWAYS = /^(?:PATH|HOME|TMPDIR|VIRTUAL_ENV|(?:PIP|UV)_(?:CACHE_DIR|CONFIG_FILE|LINK_MODE))$/;
/**
 * Variables of the dynamic loader and of Python, which could replace the code of a tool, and BuildKit's own variables,
 * which could replace its frontend.
 */
const STEERING = /^(?:LD_|PYTHON[A-Z]|BUILDKIT_)/;

/** Returns true if a request may set this variable for the installer. pip and uv variables must be known settings. */
export function reachesBuild(name: string): boolean {
  if (SLIPWAYS.test(name) || STEERING.test(name)) return false;
  return !/^(?:PIP|UV)_/.test(name) || NAMES.has(name) || isKnownPattern(name) || BUILD_ONLY.has(name);
}

/** Read only by a project's build backend. */
const BUILD_ONLY = new Set(['UV_DYNAMIC_VERSIONING_BYPASS']);

const isKnownPattern = (name: string): boolean => PATTERNS.some((pattern) => pattern.test(name));

/** The variables that replace the public package index. */
const INSTEAD = ['UV_DEFAULT_INDEX', 'UV_INDEX_URL', 'PIP_INDEX_URL'];

/**
 * Returns the variables of a deployment's installer. The deployment's variables override the host's. If the deployment
 * names an index, all indexes of the host that replace the public index are dropped.
 */
export function withBuildVariables(
  host: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const namesIndex = INSTEAD.some((name) => name in given);
  const kept = Object.entries(host).filter(([name]) => !namesIndex || !INSTEAD.includes(name));
  return { ...Object.fromEntries(kept), ...indexForBoth(given), ...given };
}

export type Installer = 'uv' | 'pip';

/** The variables that name package sources in addition to the index. Each installer reads only its own variables. */
const FURTHER_PLACES: Record<Installer, RegExp> = {
  uv: /^UV_(?:INDEX|EXTRA_INDEX_URL|FIND_LINKS|OFFLINE)$/,
  pip: /^PIP_(?:EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX)$/,
};

/**
 * Returns the variables that name package sources only for the other installer. This installer would use the public
 * index instead.
 */
export function unreadPlaces(given: Readonly<Record<string, string>>, installer: Installer): string[] {
  const names = Object.keys(given);
  if (names.some((name) => FURTHER_PLACES[installer].test(name))) return [];
  return names.filter((name) => FURTHER_PLACES[installer === 'uv' ? 'pip' : 'uv'].test(name));
}

const PLACES =
  /^(?:PIP|UV)_(?:INDEX|INDEX_URL|EXTRA_INDEX_URL|DEFAULT_INDEX|FIND_LINKS|(?:BUILD_)?CONSTRAINT|OVERRIDE)$/;

/**
 * Returns true if a variable names a file or folder, possibly in the project. The file's content then also decides
 * which packages are installed.
 */
export const nameFiles = (given: Readonly<Record<string, string>>): boolean =>
  Object.entries(given).some(([name, value]) => PLACES.test(name) && value.split(/[\s,]+/).some(isPath));

/** Returns true for a word that isn't a URL, alone or after an index name (`mine=https://…`). */
const isPath = (word: string): boolean => word !== '' && !/^(?:[\w.-]+=)?(?:https?|ftp):/i.test(word);

/** Returns the environment variables that tools receive, including the names that the operator added. */
export function toolEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  added: readonly string[] = [],
): Record<string, string> {
  const reachesTools = (name: string): boolean => NAMES.has(name) || added.includes(name) || isKnownPattern(name);
  const reaching = Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined && reachesTools(pair[0])),
  );
  const { PATH: path } = reaching;
  return {
    ...indexForBoth(reaching),
    ...reaching,
    ...(path !== undefined && { PATH: withoutNpm(path, env.npm_package_json) }),
  };
}

/**
 * Removes the folders that `npm start` adds to PATH: `node_modules/.bin` of Slipway and of the folders above it, and
 * npm's own. Otherwise apps would find Slipway's `tsc` or `acorn`.
 */
function withoutNpm(path: string, manifest: string | undefined): string {
  const own = manifest === undefined ? [] : foldersAbove(manifest).map((folder) => `${folder}/node_modules/.bin`);
  const isNpms = (folder: string): boolean => own.includes(folder) || /\/@npmcli\/[\w/-]+\/node-gyp-bin$/.test(folder);
  return path
    .split(':')
    .filter((folder) => !isNpms(folder))
    .join(':');
}

/** Returns the parent folders: `/a/b`, `/a` and '' (the root) for `/a/b/c`. */
const foldersAbove = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/**
 * Sets an index that replaces the public index for both installers. Otherwise a fallback to the other mode would use
 * the public index.
 */
function indexForBoth(env: Readonly<Record<string, string>>): Record<string, string> {
  const forUv = env.UV_DEFAULT_INDEX ?? env.UV_INDEX_URL;
  const forPip = env.PIP_INDEX_URL;
  if (forUv !== undefined && forPip === undefined) return { PIP_INDEX_URL: forUv.replace(/^[\w.-]+=(?=[a-z]+:)/i, '') };
  return forPip !== undefined && forUv === undefined ? { UV_DEFAULT_INDEX: forPip } : {};
}

const DECIDING =
  /^(?:PIP|UV)_(?:.*(?:INDEX|FIND_LINKS|CONSTRAINT)|PRE|PRERELEASE|OVERRIDE|EXCLUDE_NEWER|RESOLUTION|CONFIG_FILE|TORCH_BACKEND)/;

/** Returns the variables that decide which packages are installed. */
export const decidingSettings = (tools: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tools).filter(([name]) => DECIDING.test(name)));

export const isProxy = (name: string): boolean => /^(https?|ftp|no|all)_proxy$/i.test(name);

/**
 * Returns Docker's predefined build arguments for proxies. Docker passes them to build commands, and stores them in no
 * layer and no history. Each proxy is set in both spellings, because apt and curl read lowercase names and other
 * programs uppercase names.
 */
export function proxiesIn(environment: Readonly<Record<string, string>>): Record<string, string> {
  const proxies = Object.entries(environment).filter(([name]) => isProxy(name));
  const spelt = proxies.flatMap(([name, value]) => [
    [name.toLowerCase(), value],
    [name.toUpperCase(), value],
  ]);
  return Object.fromEntries([...spelt, ...proxies]) as Record<string, string>;
}
