// Derives the error of a failed build from the engine's last message and the build's last lines. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { isExcludedName } from '../../contract/source-exclusions.js';
import { diskFull } from '../disk-errors.js';
import { logTailOf } from '../run-logged.js';
import { tellingLine } from '../telling-line.js';
import { versionUnknown } from '../version-unknown.js';

/** The engine's message may contain the whole command. */
const REASON_CHARACTERS = 4000;

const FULL = /no space left on device|disk quota exceeded/i;
const SYNTAX =
  /dockerfile parse error|unknown instruction|file with no instructions|Syntax error|unknown flag|no build stage/i;
const TARGET = /target stage .* could not be found|failed to reach build target/i;
const PASSES =
  /timeout|timed out|connection (reset|refused)|unexpected EOF|TLS handshake|too many requests|status code 5\d\d/i;
const BASE =
  /failed to do request|pull access denied|manifest unknown|manifest for .* not found|repository does not exist|failed to resolve source metadata|no such host|dial tcp|: not found$/i;
/** The messages of BuildKit and the classic builder about COPY and ADD. */
const MISSING = [
  /failed to compute cache key:[^"]{0,300}"\/?([^"]{1,1000})":? not found/,
  /\b(?:COPY|ADD) failed: (?:file not found in build context or excluded by \.dockerignore: )?stat (?:\S{0,200}docker-builder\d+\/)?([^:]{1,1000}): (?:file does not exist|no such file)/,
];
const EXIT = /exit code: (\d+)|returned a non-zero code: (\d+)/;
/** The classic builder's own lines among the output of commands. Their place depends on the engine's version. */
const OF_CLASSIC_BUILDER = /^ ?---> |^Removing intermediate container |^Step \d+\/\d+ : /;
/** 128 + SIGKILL: the kernel kills a process when memory runs out. */
const KILLED = '137';

/** Returns the error. `isLeftOut` returns true if `.dockerignore` excludes a path that the source has. */
export function judgeBuild(
  ended: { reason: string; tail: readonly string[] },
  isLeftOut: (path: string) => boolean = () => false,
): SlipwayError {
  const reason = ended.reason.slice(-REASON_CHARACTERS); // the end has the cause
  const { tail } = ended;
  const logTail = logTailOf(tail);
  const because = { params: { reason: brief(reason) }, logTail };
  if (FULL.test(reason) || FULL.test(tail.join('\n'))) return diskFull(new Error(reason), logTail);
  if (SYNTAX.test(reason) || TARGET.test(reason))
    return new SlipwayError('build_failed', { text: 'build_failed.dockerfile', ...because });
  const missing = MISSING.map((words) => words.exec(reason)?.[1]).find((path) => path !== undefined);
  if (missing !== undefined) {
    const isNeverThere = missing.split('/').some(isExcludedName);
    const missed = isLeftOut(missing) ? 'build_failed.left_out' : 'build_failed.not_in_source';
    const text = isNeverThere ? 'build_failed.never_in_release' : missed;
    return new SlipwayError('build_failed', { text, params: { path: missing }, logTail });
  }
  const [, buildKit, classic] = EXIT.exec(reason) ?? [];
  const exit = buildKit ?? classic;
  if (exit === KILLED) return new SlipwayError('out_of_memory', { text: 'out_of_memory.build', logTail });
  if (exit !== undefined) {
    const output = tail.filter((line) => !OF_CLASSIC_BUILDER.test(line));
    const unknown = versionUnknown(output.join('\n'), logTail);
    if (unknown) return unknown;
    const line = output.length > 0 ? tellingLine(output) : brief(reason);
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

/** Removes the prefixes of the callers. */
function brief(reason: string): string {
  const plain = reason.replace(/failed to solve(?: with frontend [\w.]+)?: |failed to create LLB definition: /g, '');
  return plain.replaceAll(/\s+/g, ' ').trim().slice(0, 500);
}
