// Derives the error of a failed uv command from its exit code and output, and whether a retry may succeed. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { diskFull } from '../disk-errors.js';
import type { ToolResult } from '../ports/tools.js';
import { logTailOf } from '../run-logged.js';
import { tellingLine, undecorated } from '../telling-line.js';
import { versionUnknown } from '../version-unknown.js';

const NOT_EXECUTABLE = 127;
const KILLED = 137;

const FULL = /No space left on device|\(os error 28\)|Disk quota exceeded/;
const OUTDATED = /lockfile at .* needs to be updated|lockfile .*is outdated|Unable to find lockfile/i;
const UNRESOLVABLE =
  /No solution found when resolving|requirements are unsatisfiable|was not found in the package registry|Couldn't parse requirement|incompatible with the project's Python requirement|has no wheels with a matching|can't be installed because it doesn't have a/i;
const BUILD = /build backend returned an error|Failed to build|Failed to prepare distributions/i;
const NETWORK =
  /error sending request|client error \(Connect\)|Failed to fetch:|dns error|operation timed out|connection (reset|refused|closed)|HTTP status (server error|client error \(429)/i;
/** The registry rejects the request, so a retry would get the same answer. */
const REGISTRY_REFUSES = /HTTP status client error \((?!408|429)4\d\d/i;

export function judgeUv({ exitCode, tail }: ToolResult): SlipwayError {
  const output = tail.map(undecorated).join('\n');
  const logTail = logTailOf(tail);
  const because = (reason: string): { params: { reason: string }; logTail: string[] } => ({
    params: { reason },
    logTail,
  });
  if (exitCode === NOT_EXECUTABLE) return new SlipwayError('tool_missing', { params: { tool: 'uv' }, logTail });
  if (FULL.test(output)) return diskFull(new Error(tellingLine(tail)), logTail);
  if (exitCode === KILLED) return killed(exitCode, logTail);
  const unknown = versionUnknown(output, logTail);
  if (unknown) return unknown;
  if (OUTDATED.test(output)) return new SlipwayError('lock_outdated', { params: { file: 'uv.lock' }, logTail });
  if (NETWORK.test(output) && !REGISTRY_REFUSES.test(output)) {
    return new SlipwayError('install_failed', {
      text: 'install_failed.network',
      ...because(lastCause(tail)),
      retryable: true,
    });
  }
  if (UNRESOLVABLE.test(output)) return new SlipwayError('dependencies_unresolvable', because(lastCause(tail)));
  if (BUILD.test(output)) return new SlipwayError('build_failed', because(tellingLine(tail)));
  return new SlipwayError('install_failed', because(lastCause(tail)));
}

function killed(exitCode: number, logTail: string[]): SlipwayError {
  return new SlipwayError('install_failed', {
    text: 'install_failed.killed',
    params: { exit: exitCode },
    logTail,
    retryable: true,
  });
}

/** Returns the innermost cause, which has the most information. uv prints an error from the outside in. */
function lastCause(tail: readonly string[]): string {
  const lines = tail.map(undecorated).filter((line) => !line.startsWith('hint:'));
  const cause =
    lines.findLast((line) => /^(cause:|Because|Caused by:)/i.test(line)) ?? lines.find((line) => /^error:/.test(line));
  return cause?.replace(/^(cause|error|Caused by): */i, '').slice(0, 500) ?? tellingLine(tail);
}
