// What a failed build means: the engine's last word and the build's last lines -> one error. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { diskFull } from '../disk-errors.js';
import { logTailOf } from '../run-logged.js';
import { tellingLine } from '../telling-line.js';

const FULL = /no space left on device|disk quota exceeded/i;
const SYNTAX =
  /dockerfile parse error|unknown instruction|file with no instructions|Syntax error|unknown flag|no build stage/i;
const TARGET = /target stage .* could not be found|failed to reach build target/i;
const PASSES =
  /timeout|timed out|connection (reset|refused)|unexpected EOF|TLS handshake|too many requests|status code 5\d\d/i;
const BASE =
  /failed to do request|pull access denied|manifest unknown|manifest for .* not found|repository does not exist|failed to resolve source metadata|no such host|dial tcp|: not found$/i;
const EXIT = /exit code: (\d+)|returned a non-zero code: (\d+)/;
/** 128 + SIGKILL: the kernel's way to make room. */
const KILLED = '137';

export function judgeBuild({ reason, tail }: { reason: string; tail: readonly string[] }): SlipwayError {
  const logTail = logTailOf(tail);
  const because = { params: { reason: brief(reason) }, logTail };
  if (FULL.test(reason) || FULL.test(tail.join('\n'))) return diskFull(new Error(reason), logTail);
  if (SYNTAX.test(reason) || TARGET.test(reason))
    return new SlipwayError('build_failed', { text: 'build_failed.dockerfile', ...because });
  const [, buildKit, classic] = EXIT.exec(reason) ?? [];
  const exit = buildKit ?? classic;
  if (exit === KILLED) return new SlipwayError('out_of_memory', { text: 'out_of_memory.build', logTail });
  if (exit !== undefined) {
    const line = tail.length > 0 ? tellingLine([...tail]) : brief(reason);
    return new SlipwayError('build_failed', { text: 'build_failed.command', params: { exit, reason: line }, logTail });
  }
  if (BASE.test(reason)) {
    return new SlipwayError('build_failed', {
      text: 'build_failed.base_image',
      ...because,
      retryable: PASSES.test(reason),
    });
  }
  return new SlipwayError('build_failed', because);
}

/** Without the layers of who called whom. */
function brief(reason: string): string {
  const plain = reason.replace(/failed to solve(?: with frontend [\w.]+)?: |failed to create LLB definition: /g, '');
  return plain.replaceAll(/\s+/g, ' ').trim().slice(0, 500);
}
