// Why the engine makes or starts no container, as an error that names who can fix it: the project or the operator.
import { SlipwayError, type ErrorCode } from '../../../contract/errors.js';
import type { TextKey } from '../../../contract/texts.js';
import { BAD_REQUEST, statusOf } from './engine-answers.js';

type Call = 'create' | 'start';

interface Refusal {
  call: Call;
  /** HTTP statuses that engines answer with. */
  statuses: readonly number[];
  /** The engine's words; Docker and Podman have the same. */
  words: RegExp;
  code: ErrorCode;
  text: TextKey;
  retryable?: boolean;
}

const SERVER_ERROR = 500;

/** The first that fits. An answer that fits none is a failure of the engine, and may pass. */
const REFUSALS: readonly Refusal[] = [
  {
    call: 'create',
    statuses: [BAD_REQUEST, SERVER_ERROR],
    words: /no command/i,
    code: 'no_entry_point',
    text: 'no_entry_point.docker',
  },
  // Capabilities that the kernel does not have, limits that the host can't hold: the operator's settings.
  { call: 'create', statuses: [BAD_REQUEST], words: /./, code: 'engine_unavailable', text: 'docker.refused' },
  {
    call: 'start',
    statuses: [BAD_REQUEST, SERVER_ERROR],
    words: /unable to find (user|group) .*no matching entries/i,
    code: 'build_failed',
    text: 'build_failed.user',
  },
  // The container's own runtime fails: for a mount in the wrong place, or for a security module of the host.
  {
    call: 'start',
    statuses: [BAD_REQUEST],
    words: /./,
    code: 'engine_unavailable',
    text: 'docker.refused',
    retryable: true,
  },
];

/** The error itself where the engine did not refuse the call, but failed. */
export function refusalOf(call: Call, error: unknown): unknown {
  const reason = reasonOf(error);
  const status = statusOf(error) ?? 0;
  const refusal = REFUSALS.find((row) => row.call === call && row.statuses.includes(status) && row.words.test(reason));
  if (!refusal) return error;
  const { code, text, retryable } = refusal;
  return new SlipwayError(code, { text, params: { reason }, retryable, cause: error });
}

/** dockerode puts words of its own before the engine's. */
function reasonOf(error: unknown): string {
  const { json, message } = error as Error & { json?: { message?: unknown } };
  return typeof json?.message === 'string' ? json.message : message;
}
