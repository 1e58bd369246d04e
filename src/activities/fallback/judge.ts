// Derives the error of a failed venv or pip command from its exit code and output, and whether a retry may succeed.
// Pure.
import { SlipwayError } from '../../contract/errors.js';
import { diskFull } from '../disk-errors.js';
import type { ToolResult } from '../ports/tools.js';
import { logTailOf } from '../run-logged.js';
import { tellingLine, undecorated } from '../telling-line.js';
import { versionUnknown } from '../version-unknown.js';

const NOT_EXECUTABLE = 127;
const KILLED = 137;

const FULL = /No space left on device|\[Errno 28\]|Disk quota exceeded/;
/** After its last retry, pip reports a network failure as a package without versions. */
const NETWORK =
  /Retry\(total=0|Max retries exceeded|ReadTimeoutError|Read timed out|ConnectionResetError|ProtocolError|IncompleteRead|HTTP error (429|5\d\d)|(429|5\d\d) (Client|Server) Error/;
const UNRESOLVABLE =
  /No matching distribution found|ResolutionImpossible|Could not find a version that satisfies|Invalid requirement|THESE PACKAGES DO NOT MATCH THE HASHES/i;
const BUILD =
  /subprocess-exited-with-error|metadata-generation-failed|failed-wheel-build|Failed building wheel|Failed to build|BackendUnavailable|InvalidSchema/i;

/** A requirement of setup.py, which isn't read before the install. */
const OTHER_PYTHON = /Package '([^'\n]*)' requires a different Python: (\S+) not in '([^'\n]*)'/;

export function judgePip({ exitCode, tail }: ToolResult): SlipwayError {
  const output = tail.join('\n');
  const logTail = logTailOf(tail);
  const because = (reason: string): { params: { reason: string }; logTail: string[] } => ({
    params: { reason },
    logTail,
  });
  if (exitCode === NOT_EXECUTABLE) return new SlipwayError('tool_missing', { params: { tool: 'python' }, logTail });
  if (FULL.test(output)) return diskFull(new Error(tellingLine(tail)), logTail);
  if (exitCode === KILLED) {
    const params = { exit: exitCode };
    return new SlipwayError('install_failed', { text: 'install_failed.killed', params, logTail, retryable: true });
  }
  const [, named, actual, wanted] = OTHER_PYTHON.exec(output) ?? [];
  if (named !== undefined && actual !== undefined && wanted !== undefined) {
    const params = { package: named, found: actual, wanted };
    return new SlipwayError('python_unavailable', { text: 'python_unavailable.project', params, logTail });
  }
  const unknown = versionUnknown(output, logTail);
  if (unknown) return unknown;
  if (BUILD.test(output)) return new SlipwayError('build_failed', because(tellingLine(tail)));
  if (NETWORK.test(output)) {
    return new SlipwayError('install_failed', {
      text: 'install_failed.network',
      ...because(lastError(tail)),
      retryable: true,
    });
  }
  if (UNRESOLVABLE.test(output)) return new SlipwayError('dependencies_unresolvable', because(lastError(tail)));
  return new SlipwayError('install_failed', because(lastError(tail)));
}

function lastError(tail: readonly string[]): string {
  const line = tail.map(undecorated).findLast((text) => text.startsWith('ERROR:'));
  return line?.replace(/^ERROR: */, '').slice(0, 500) ?? tellingLine(tail);
}
