// What of `slipway deploy` is a git address, and how the API takes it: a URL, without a user in it.
import { CliError } from './errors.js';

export interface GitAddress {
  url: string;
  /** What stood before the `@` of an https address: sealed by the API. */
  token?: string;
}

/** Undefined for a folder. */
export function readGitAddress(text: string): GitAddress | undefined {
  if (/^(https?|ssh):\/\//.test(text) && URL.canParse(text)) return fromUrl(new URL(text));
  const [, user, host, path] = /^([\w.-]+)@([\w.-]+):(?!\/\/)(.+)$/.exec(text) ?? [];
  if (user === undefined || host === undefined || path === undefined) return undefined;
  mustBeGit(user);
  return { url: `ssh://${host}/${path.replace(/^\/+/, '')}` };
}

function fromUrl(url: URL): GitAddress {
  const { username, password } = url;
  if (url.protocol === 'ssh:' && username !== '') mustBeGit(username);
  const token = url.protocol === 'ssh:' ? '' : decodeURIComponent(password || username);
  url.username = '';
  url.password = '';
  return { url: url.href, ...(token !== '' && { token }) };
}

function mustBeGit(user: string): void {
  if (user !== 'git') throw new CliError('git_user', { user });
}
