// Which variables of the host reach the tools (git, uv, pip), and so the build scripts that these run: how to get out, and
// which index to use. By name: whatever else a host has set for its own uses, tokens to publish among it, stays there.

/** Where programs are, and how to reach the network. */
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
/** Proxies in both spellings, and what uv logs in with at an index that a project names. */
const PATTERNS = [/^(https?|ftp|no|all)_proxy$/i, /^UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)$/];

/** What Slipway tells the tools itself: where programs, caches and the environment are, and which Python is meant. */
const SLIPWAYS = /^(?:PATH|HOME|TMPDIR|VIRTUAL_ENV|(?:PIP|UV)_(?:CACHE_DIR|CONFIG_FILE|LINK_MODE))$/;
/** Of the loader and of Python, which would run other code in the place of a tool; and of BuildKit's own (its frontend). */
const STEERING = /^(?:LD_|PYTHON[A-Z]|BUILDKIT_)/;

/** Whether a request may give a variable to what installs its app: of pip's and uv's own settings those that are known. */
export function reachesBuild(name: string): boolean {
  if (SLIPWAYS.test(name) || STEERING.test(name)) return false;
  return !/^(?:PIP|UV)_/.test(name) || NAMES.has(name) || isKnownPattern(name) || BUILD_ONLY.has(name);
}

/** Of a project's build backend alone. */
const BUILD_ONLY = new Set(['UV_DYNAMIC_VERSIONING_BYPASS']);

const isKnownPattern = (name: string): boolean => PATTERNS.some((pattern) => pattern.test(name));

/** Each names an index in the place of the public one. */
const INSTEAD = ['UV_DEFAULT_INDEX', 'UV_INDEX_URL', 'PIP_INDEX_URL'];

/** What the installers of one deployment get: its own variables win over the host's, an index over all that name one. */
export function withBuildVariables(
  host: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const namesIndex = INSTEAD.some((name) => name in given);
  const kept = Object.entries(host).filter(([name]) => !namesIndex || !INSTEAD.includes(name));
  return { ...Object.fromEntries(kept), ...indexForBoth(given), ...given };
}

export type Installer = 'uv' | 'pip';

/** Each names places beside one index, and only its own installer reads it. */
const FURTHER_PLACES: Record<Installer, RegExp> = {
  uv: /^UV_(?:INDEX|EXTRA_INDEX_URL|FIND_LINKS|OFFLINE)$/,
  pip: /^PIP_(?:EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX)$/,
};

/** Variables that say where packages come from, to the other installer alone: this one would look at the public index. */
export function unreadPlaces(given: Readonly<Record<string, string>>, installer: Installer): string[] {
  const names = Object.keys(given);
  if (names.some((name) => FURTHER_PLACES[installer].test(name))) return [];
  return names.filter((name) => FURTHER_PLACES[installer === 'uv' ? 'pip' : 'uv'].test(name));
}

const PLACES =
  /^(?:PIP|UV)_(?:INDEX|INDEX_URL|EXTRA_INDEX_URL|DEFAULT_INDEX|FIND_LINKS|(?:BUILD_)?CONSTRAINT|OVERRIDE)$/;

/** Whether one of them names a file or folder, maybe of the project: its content decides what is installed, too. */
export const nameFiles = (given: Readonly<Record<string, string>>): boolean =>
  Object.entries(given).some(([name, value]) => PLACES.test(name) && value.split(/[\s,]+/).some(isPath));

/** No URL, alone or behind the name of an index (`mine=https://…`). */
const isPath = (word: string): boolean => word !== '' && !/^(?:[\w.-]+=)?(?:https?|ftp):/i.test(word);

/** The part of a process environment that tools get, with the names that the operator adds. */
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
 * Without what `npm start` puts in front: the programs of Slipway's own packages, of folders above it, and npm's own. An
 * app's `tsc` or `acorn` is none of them.
 */
function withoutNpm(path: string, manifest: string | undefined): string {
  const own = manifest === undefined ? [] : foldersAbove(manifest).map((folder) => `${folder}/node_modules/.bin`);
  const isNpms = (folder: string): boolean => own.includes(folder) || /\/@npmcli\/[\w/-]+\/node-gyp-bin$/.test(folder);
  return path
    .split(':')
    .filter((folder) => !isNpms(folder))
    .join(':');
}

/** Of `/a/b/c`: `/a/b`, `/a` and the root, which is empty. */
const foldersAbove = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** An index in the place of the public one holds for both installers: else a fallback to the other would leave it. */
function indexForBoth(env: Readonly<Record<string, string>>): Record<string, string> {
  const forUv = env.UV_DEFAULT_INDEX ?? env.UV_INDEX_URL;
  const forPip = env.PIP_INDEX_URL;
  if (forUv !== undefined && forPip === undefined) return { PIP_INDEX_URL: forUv.replace(/^[\w.-]+=(?=[a-z]+:)/i, '') };
  return forPip !== undefined && forUv === undefined ? { UV_DEFAULT_INDEX: forPip } : {};
}

const DECIDING =
  /^(?:PIP|UV)_(?:.*(?:INDEX|FIND_LINKS|CONSTRAINT)|PRE|PRERELEASE|OVERRIDE|EXCLUDE_NEWER|RESOLUTION|CONFIG_FILE|TORCH_BACKEND)/;

/** Those that decide what is installed. */
export const decidingSettings = (tools: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tools).filter(([name]) => DECIDING.test(name)));

export const isProxy = (name: string): boolean => /^(https?|ftp|no|all)_proxy$/i.test(name);

/**
 * Docker's predefined build arguments: they reach the build's commands, and stand in no layer and no history. Each in
 * both spellings, as apt and curl read the small one where others read the capitals.
 */
export function proxiesIn(environment: Readonly<Record<string, string>>): Record<string, string> {
  const proxies = Object.entries(environment).filter(([name]) => isProxy(name));
  const spelt = proxies.flatMap(([name, value]) => [
    [name.toLowerCase(), value],
    [name.toUpperCase(), value],
  ]);
  return Object.fromEntries([...spelt, ...proxies]) as Record<string, string>;
}
