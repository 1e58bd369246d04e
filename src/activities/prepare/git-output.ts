// Filters git's output for logs and errors. Git repeats a server's answer, and a request may name any server. Its text
// may be another user's page, so it must not appear in a log or an error. Pure.

/** Messages of git, curl and ssh themselves. Their quoted parts are from the request. */
const OWN_SENTENCES = [
  /^fatal: unable to access '[^']*': ([^']|n't)*$/i,
  /^fatal: (Authentication failed for|could not read (Username|Password) for) '[^']*'(: terminal prompts disabled)?$/i,
  /^fatal: repository '[^']*' not found$/i,
  /^fatal: (couldn't find remote ref|invalid refspec) .*$/i,
  /^fatal: (reference is not a tree|unable to read tree|Could not read from remote repository|early EOF).*$/i,
  /^(fatal|error): .*(the remote end hung up unexpectedly|index-pack failed|No space left on device|Disk quota exceeded).*$/i,
  /^fatal: '[^']*' does not appear to be a git repository$/i,
  /^fatal: .*'[^']*' not valid: is this a git repository\?$/i,
  /^error: (pathspec|RPC failed;) .*$/i,
  /^error: Server does not allow request for unadvertised object [0-9a-f]+$/i,
  /^fatal: dumb http transport does not support shallow capabilities$/i,
  /^ssh: [\w .:[\]-]+$/,
  /^\S+: Permission denied( \([a-z,-]+\))?\.$/,
  /^Host key verification failed\.$/,
  /^No \w+ host key is known for \S+ and you have requested strict checking\.$/,
  /^Connection (closed|reset) by \S+ port \d+\r?$/,
  /^[0-9a-f]{40}([0-9a-f]{24})?$/, // the commit
];
const OWN_PREFIX = /^(fatal|error|warning|hint): /i;

/**
 * Returns the part of a line that may be shown, or undefined for a line that isn't git's own. In an unknown message,
 * parts that may come from a server are omitted.
 */
export function shownLine(line: string): string | undefined {
  if (OWN_SENTENCES.some((sentence) => sentence.test(line))) return line;
  if (!OWN_PREFIX.test(line)) return undefined;
  const [kind = '', sentence = ''] = line.split(': ');
  const own = sentence.replace(/['"].*$/, '…');
  return `${kind}: ${own}${own === sentence && line.length > kind.length + 2 + sentence.length ? ': …' : ''}`;
}

export const shownLines = (lines: readonly string[]): string[] => lines.flatMap((line) => shownLine(line) ?? []);
