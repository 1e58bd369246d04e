// Builds git commands. The host's and the repository's configuration can't run code or prompt. Pure.

export interface GitAccess {
  /** The absolute path of a helper with `askpassScript`. */
  askpass: string;
  username: string;
  token: string;
}

/**
 * The user name that GitHub and GitLab require with an access token. Other hosts accept any name, or the request sets
 * one.
 */
export const TOKEN_USER = 'x-access-token';
/** A transfer slower than 1 kB/s for 30 s is stalled. */
const SLOW_BYTES_PER_SECOND = 1000;
const SLOW_SECONDS = 30;
/** Shorter than TCP's first retries. A host that is available answers sooner. */
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
  // Servers may redirect git to other URLs, with bundles and packs.
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

/** SSH must not prompt, and must not forward anything of this host. */
const SSH_OPTIONS: Record<string, string> = {
  BatchMode: 'yes',
  ConnectTimeout: String(SSH_CONNECT_SECONDS),
  ClearAllForwardings: 'yes',
  ForwardAgent: 'no',
  PermitLocalCommand: 'no',
  LogLevel: 'ERROR', // a server's banner isn't part of git's output
};

/** Builds a command for a shell, because git runs it with a shell. */
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
    LC_ALL: 'C', // error messages are parsed
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
 * Answers git's two prompts, and only for the host that the token is for. After a redirect, git would prompt again, and
 * send the answer to the other host. The script contains no secret. git encodes the user's name in the second prompt
 * (`me%40x`), so only the host after it is compared.
 */
export const askpassScript = `#!/bin/sh
at="$GIT_ASKPASS_HOST"
case "$1" in
  "Username for '$GIT_ASKPASS_SCHEME//$at': ") printf '%s\\n' "$GIT_ASKPASS_USER" ;;
  "Password for '$GIT_ASKPASS_SCHEME//"*"@$at': ") printf '%s\\n' "$GIT_ASKPASS_TOKEN" ;;
  *) exit 1 ;;
esac
`;

/** Returns the URL for git. Over ssh, the user is `git` if the request has none, instead of Slipway's own user. */
export function gitUrl(url: string, username = 'git'): string {
  const parsed = new URL(url);
  if (parsed.protocol === 'ssh:' && parsed.username === '') parsed.username = username;
  return parsed.protocol === 'ssh:' ? parsed.href : url;
}

/** Returns the URL for errors, without a query, which may contain a secret. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
