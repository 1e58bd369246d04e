// Derives the error of a failed git command from its exit code and output. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { diskFull } from '../disk-errors.js';
import { logTailOf } from '../run-logged.js';
import type { ToolResult } from '../ports/tools.js';
import { shownLines } from './git-output.js';

export interface GitWanted {
  /** The URL for errors. */
  source: string;
  ref?: string;
}

const NOT_EXECUTABLE = 127;
const NO_REF =
  /couldn't find remote ref|not our ref|unadvertised object|did not match any file|unable to read tree|unknown revision|invalid refspec|reference is not a tree/i;
const NO_SHALLOW = /does not support shallow|unadvertised object|not our ref|shallow capabilities/i;
const REFUSED =
  /returned error: 4(0[0-7]|1\d)|Authentication failed|could not read (Username|Password)|Repository not found|repository '.*' not found|Permission denied|Host key verification failed|does not appear to be a git repository|not valid: is this a git repository|unable to update url base from redirection/i;
const FULL = /No space left on device|Disk quota exceeded/i;

/** Returns true if the server answered with a redirect, which git doesn't follow. */
export const isRedirect = ({ tail }: ToolResult): boolean => /returned error: 30[12378]/i.test(tail.join('\n'));

/** Returns true if a shallow fetch of a ref failed, and a full fetch may succeed. */
export const needsFullFetch = ({ tail }: ToolResult): boolean => NO_SHALLOW.test(tail.join('\n'));

export function judgeGit({ exitCode, tail }: ToolResult, { source, ref }: GitWanted): SlipwayError {
  const output = tail.join('\n');
  const shown = shownLines(tail); // all output decides about the error, but only git's own lines are shown
  const logTail = logTailOf(shown);
  const params = { source, ref: ref ?? 'HEAD', reason: tellingLine(shown, exitCode) };
  if (exitCode === NOT_EXECUTABLE) return new SlipwayError('tool_missing', { params: { tool: 'git' }, logTail });
  if (FULL.test(output)) return diskFull(new Error(params.reason), logTail);
  if (NO_REF.test(output))
    return new SlipwayError('source_invalid', {
      text: ref === undefined ? 'source_invalid.no_commit' : 'source_invalid.no_ref',
      params,
      logTail,
    });
  if (REFUSED.test(output)) {
    return new SlipwayError('source_unreachable', { text: 'source_unreachable.refused', params, logTail });
  }
  // The network, or a failure of the host.
  return new SlipwayError('source_unreachable', { params, logTail, retryable: true });
}

/** Returns the line with the cause. git's last lines are often advice. */
function tellingLine(tail: readonly string[], exitCode: number): string {
  const line = tail.find((text) => /^(fatal|error|ssh):/i.test(text)) ?? tail.at(-1) ?? `git: exit ${String(exitCode)}`;
  return line.replace(/^(fatal|error): */i, '').slice(0, 300);
}
