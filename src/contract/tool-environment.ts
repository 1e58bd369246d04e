// Which variables of the host reach the tools (git, uv, pip): how to get out, and which index to use (contract §8).

const PLAIN = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO'];
const FAMILIES = [/^PIP_/, /^UV_/, /^[A-Z]+_PROXY$/, /^[a-z]+_proxy$/, /^SSL_CERT_/];
/** Settings of these families that say where to install, and into what: Slipway's own decision. */
const DECIDED_BY_SLIPWAY = new Set([
  'PIP_EDITABLE',
  'PIP_LOG',
  'PIP_PREFIX',
  'PIP_PYTHON',
  'PIP_REQUIRE_VIRTUALENV',
  'PIP_REQUIREMENT',
  'PIP_ROOT',
  'PIP_SRC',
  'PIP_TARGET',
  'PIP_USER',
  'UV_BREAK_SYSTEM_PACKAGES',
  'UV_ENV_FILE',
  'UV_FROZEN',
  'UV_LOCKED',
  'UV_NO_SYNC',
  'UV_PROJECT',
  'UV_PROJECT_ENVIRONMENT',
  'UV_PYTHON',
  'UV_PYTHON_DOWNLOADS',
  'UV_SYSTEM_PYTHON',
  'UV_WORKING_DIR',
  'UV_WORKING_DIRECTORY',
]);

/** The part of a process environment that tools get: nothing of Slipway's own, nothing of other programs. */
export function toolEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined && reachesTools(pair[0])),
  );
}

function reachesTools(name: string): boolean {
  if (DECIDED_BY_SLIPWAY.has(name)) return false;
  return PLAIN.includes(name) || FAMILIES.some((family) => family.test(name));
}

/** Passwords that stand in the URLs of such an environment (a proxy's, an index's): to be masked in logs. */
export function passwordsIn(environment: Readonly<Record<string, string>>): string[] {
  const values = Object.values(environment).flatMap((value) => value.split(/\s+/));
  return values.flatMap((value) => {
    const password = URL.canParse(value) ? new URL(value).password : '';
    return password === '' ? [] : [password, decodeURIComponent(password)];
  });
}

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
