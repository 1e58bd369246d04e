/** Characters of a tool's line that an error's sentence repeats. */
const SHOWN = 300;
/** Lines in which installers announce that there was an error, without saying which. */
const ANNOUNCEMENTS =
  /subprocess-exited-with-error|metadata-generation-failed|failed-wheel-build|Failed to build|failed building|build failures usually/i;

/** From the compiler's own line to the vaguest: the first kind that occurs says the most. */
const KINDS = [/\bfatal error:/i, /:\d+(:\d+)?: error:/, /^\w*(Error|Exception)\b.*:/, /\berror\b.*:/i];

/** The line of a build's output that says what went wrong. */
export function tellingLine(tail: readonly string[]): string {
  const lines = tail.map(undecorated).filter((line) => line !== '' && !ANNOUNCEMENTS.test(line));
  const found = KINDS.map((kind) => lines.find((line) => kind.test(line))).find((line) => line !== undefined);
  return (found ?? lines.at(-1) ?? '').slice(0, SHOWN);
}

/** Without the frames that installers draw around the output of a build. */
export const undecorated = (line: string): string => line.replace(/^[\s│╰─>×]+/, '').trim();
