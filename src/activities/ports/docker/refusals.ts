// Converts the engine's refusal to create or start a container into an error that names who can fix it: the project or
// the operator.
import { SlipwayError, type ErrorCode } from '../../../contract/errors.js';
import { messageOf, type TextWith } from '../../../contract/texts.js';
import { BAD_REQUEST, statusOf } from './engine-answers.js';

type Call = 'create' | 'start';

interface Refusal {
  call: Call;
  /** HTTP statuses that engines return. */
  statuses: readonly number[];
  /** The engine's message. Docker and Podman have the same. */
  words: RegExp;
  code: ErrorCode;
  text: TextWith<'reason'>;
  retryable?: boolean;
}

const SERVER_ERROR = 500;

/** The first row that matches is used. Any other answer is a failure of the engine, which may be temporary. */
const REFUSALS: readonly Refusal[] = [
  {
    call: 'create',
    statuses: [BAD_REQUEST, SERVER_ERROR],
    words: /no command/i,
    code: 'no_entry_point',
    text: 'no_entry_point.docker',
  },
  // Capabilities that the kernel doesn't have, or limits beyond the host's: the operator's settings.
  { call: 'create', statuses: [BAD_REQUEST], words: /./, code: 'engine_unavailable', text: 'docker.refused' },
  {
    call: 'start',
    statuses: [BAD_REQUEST, SERVER_ERROR],
    words: /unable to find (user|group) .*no matching entries/i,
    code: 'build_failed',
    text: 'build_failed.user',
  },
  // The container's own runtime fails, because of a mount in the wrong place or a security module of the host.
  {
    call: 'start',
    statuses: [BAD_REQUEST],
    words: /./,
    code: 'engine_unavailable',
    text: 'docker.refused',
    retryable: true,
  },
];

/** Returns the original error if the engine failed instead of refusing the call. */
export function refusalOf(call: Call, error: unknown): unknown {
  const reason = reasonOf(error);
  const status = statusOf(error) ?? 0;
  const refusal = REFUSALS.find((row) => row.call === call && row.statuses.includes(status) && row.words.test(reason));
  if (!refusal) return error;
  const { code, text, retryable } = refusal;
  return new SlipwayError(code, { ...messageOf(text, { reason }), retryable, cause: error });
}

/** Returns the engine's message without dockerode's prefix. */
function reasonOf(error: unknown): string {
  const { json, message } = error as Error & { json?: { message?: unknown } };
  return typeof json?.message === 'string' ? json.message : message;
}
