// Detects git addresses in `slipway deploy`, and converts them to the API's form: a URL, a user and a token.

export interface GitAddress {
  url: string;
  /** The part before the `@`, unless it is only a token. */
  username?: string;
  /** The password of an https address, or a single name before its `@`. The API seals it. */
  token?: string;
}

/** Returns the address, or undefined for a folder. */
export function readGitAddress(text: string): GitAddress | undefined {
  if (/^(https?|ssh):\/\//.test(text) && URL.canParse(text)) return fromUrl(new URL(text));
  const [, user, host, path] = /^([\w.-]+)@([\w.-]+):(?!\/\/)(.+)$/.exec(text) ?? [];
  if (user === undefined || host === undefined || path === undefined) return undefined;
  return { url: `ssh://${host}/${path.replace(/^\/+/, '')}`, ...asUser(user) };
}

function fromUrl(url: URL): GitAddress {
  const [username, password] = [url.username, url.password].map(decodeURIComponent) as [string, string];
  url.username = '';
  url.password = '';
  if (url.protocol === 'ssh:') return { url: url.href, ...asUser(username) };
  if (password === '') return { url: url.href, ...(username !== '' && { token: username }) };
  return { url: url.href, ...(username !== '' && { username }), token: password };
}

/** Returns the user for ssh, if it isn't the default `git`. */
const asUser = (username: string): { username?: string } => (username === '' || username === 'git' ? {} : { username });
