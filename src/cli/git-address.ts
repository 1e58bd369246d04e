// What of `slipway deploy` is a git address, and how the API takes it: a URL, and who asks beside it.

export interface GitAddress {
  url: string;
  /** What stood before the `@`, unless that was the token alone. */
  username?: string;
  /** The password of an https address, or what stood alone before its `@`: sealed by the API. */
  token?: string;
}

/** Undefined for a folder. */
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

/** Over ssh it is `git` unless somebody else is named. */
const asUser = (username: string): { username?: string } => (username === '' || username === 'git' ? {} : { username });
