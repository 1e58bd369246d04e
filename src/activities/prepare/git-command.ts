// How git is run: nothing of the host's or the repository's configuration may run code or ask questions. Pure.

export interface GitAccess {
  /** Absolute path of a helper made by `askpassScript`. */
  askpass: string;
  username: string;
  token: string;
}

/** Asked for by GitHub and GitLab beside an access token. Other hosts take any name, or a request says which. */
export const TOKEN_USER = 'x-access-token';
/** A transfer slower than 1 kB/s for 30 s is a dead one. */
const SLOW_BYTES_PER_SECOND = 1000;
const SLOW_SECONDS = 30;
/** Within a TCP connection's first retries; a host that is there answers sooner. */
const SSH_CONNECT_SECONDS = 15;

const OPTIONS: Record<string, string> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'credential.helper': '',
  'protocol.allow': 'never',
  'protocol.https.allow': 'always',
  'protocol.http.allow': 'always',
  'protocol.ssh.allow': 'always',
  'protocol.file.allow': 'never',
  'protocol.ext.allow': 'never',
  'submodule.recurse': 'false',
  // Servers may send git on to other URLs: to bundles and packs elsewhere.
  'transfer.bundleURI': 'false',
  'fetch.uriProtocols': '',
  'http.lowSpeedLimit': String(SLOW_BYTES_PER_SECOND),
  'http.lowSpeedTime': String(SLOW_SECONDS),
  'gc.auto': '0',
};

export function gitArgv(git: string, options: Readonly<Record<string, string>>, ...words: readonly string[]): string[] {
  const all = Object.entries({ ...OPTIONS, ...options });
  return [git, ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`]), ...words];
}

/** Nobody can be asked, and nothing of this host is handed on. */
const SSH_OPTIONS: Record<string, string> = {
  BatchMode: 'yes',
  ConnectTimeout: String(SSH_CONNECT_SECONDS),
  ClearAllForwardings: 'yes',
  ForwardAgent: 'no',
  PermitLocalCommand: 'no',
  LogLevel: 'ERROR', // a server's banner is no part of git's output
};

/** For a shell, which is how git runs it. */
export function sshCommand(options: Readonly<Record<string, string>>): string {
  const words = Object.entries({ ...SSH_OPTIONS, ...options }).map(
    ([name, value]) => `-o ${quoted(`${name}=${value}`)}`,
  );
  return ['ssh', ...words].join(' ');
}

const quoted = (text: string): string => (/^[\w=.:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export function gitEnvironment(
  tools: Readonly<Record<string, string>>,
  sshOptions: Readonly<Record<string, string>>,
  access?: GitAccess & { url: string },
): Record<string, string> {
  return {
    ...tools,
    LC_ALL: 'C', // its sentences are judged
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_SSH_COMMAND: sshCommand(sshOptions),
    ...(access && {
      GIT_ASKPASS: access.askpass,
      GIT_ASKPASS_HOST: new URL(access.url).host,
      GIT_ASKPASS_SCHEME: new URL(access.url).protocol,
      GIT_ASKPASS_USER: access.username,
      GIT_ASKPASS_TOKEN: access.token,
    }),
  };
}

/**
 * Answers git's two questions, and only for the host that the token is meant for: git would ask
 * again, and send the answer, wherever that host redirects to. It holds no secret itself. git writes the user's name its
 * own way into the second question (`me%40x`); the host behind it is what counts.
 */
export const askpassScript = `#!/bin/sh
at="$GIT_ASKPASS_HOST"
case "$1" in
  "Username for '$GIT_ASKPASS_SCHEME//$at': ") printf '%s\\n' "$GIT_ASKPASS_USER" ;;
  "Password for '$GIT_ASKPASS_SCHEME//"*"@$at': ") printf '%s\\n' "$GIT_ASKPASS_TOKEN" ;;
  *) exit 1 ;;
esac
`;

/** The URL git is given: over ssh the user is `git` where the request names none, not Slipway's own. */
export function gitUrl(url: string, username = 'git'): string {
  const parsed = new URL(url);
  if (parsed.protocol === 'ssh:' && parsed.username === '') parsed.username = username;
  return parsed.protocol === 'ssh:' ? parsed.href : url;
}

/** The URL as errors show it: without a query, which may hold a secret. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
