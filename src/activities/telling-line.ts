/** The number of characters that an error repeats. */
const SHOWN = 300;
/** Lines in which installers report an error without its cause. */
const ANNOUNCEMENTS =
  /subprocess-exited-with-error|metadata-generation-failed|failed-wheel-build|Failed to build|failed building|build failures usually/i;

/** From a compiler's own line to the vaguest one: the first kind that occurs has the most information. */
const KINDS = [/\bfatal error:/i, /:\d+(:\d+)?: error:/, /^\w*(Error|Exception)\b.*:/, /\berror\b.*:/i];

/** Returns the line of a build's output with the cause of its failure. */
export function tellingLine(tail: readonly string[]): string {
  const lines = tail.map(undecorated).filter((line) => line !== '' && !ANNOUNCEMENTS.test(line));
  const cause = KINDS.map((kind) => lines.find((line) => kind.test(line))).find((line) => line !== undefined);
  return (cause ?? lines.at(-1) ?? '').slice(0, SHOWN);
}

/** Removes the frames that installers draw around the output of a build. */
export const undecorated = (line: string): string => line.replace(/^[\s│╰─>×]+/, '').trim();
