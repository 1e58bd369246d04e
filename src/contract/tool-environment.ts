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

/** The part of a process environment that tools get, with the names that the operator adds. */
export function toolEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  added: readonly string[] = [],
): Record<string, string> {
  const reachesTools = (name: string): boolean =>
    NAMES.has(name) || added.includes(name) || PATTERNS.some((pattern) => pattern.test(name));
  const reaching = Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined && reachesTools(pair[0])),
  );
  return { ...indexForBoth(reaching), ...reaching };
}

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

/**
 * Docker's predefined build arguments: they reach the build's commands, and stand in no layer and no history. Each in
 * both spellings, as apt and curl read the small one where others read the capitals.
 */
export function proxiesIn(environment: Readonly<Record<string, string>>): Record<string, string> {
  const proxies = Object.entries(environment).filter(([name]) => /^(https?|ftp|no|all)_proxy$/i.test(name));
  const spelt = proxies.flatMap(([name, value]) => [
    [name.toLowerCase(), value],
    [name.toUpperCase(), value],
  ]);
  return Object.fromEntries([...spelt, ...proxies]) as Record<string, string>;
}
