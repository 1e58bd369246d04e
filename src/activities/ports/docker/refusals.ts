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
  /** Words outside of quotes with which the row doesn't match. */
  unless?: RegExp;
  code: ErrorCode;
  text: TextWith<'reason'>;
  retryable?: boolean;
}

const SERVER_ERROR = 500;

/** The container runtime (runc, crun) refused the container. Another attempt would fail in the same way. */
const BY_RUNTIME = /\bOCI (?:runtime|permission denied)/i;
/** The runtime failed because the host lacked something at that moment, or because it raced with something else. */
const MAY_PASS = new RegExp(
  [
    'temporarily unavailable|device or resource busy|text file busy|interrupted system call|input/output error',
    'cannot allocate memory|out of memory|\\boom\\b|oom-kill|no space left|disk quota exceeded|too many open files',
    'can.t fork|\\bfork:|new OS thread|pthread_create|\\bpids\\b|cgroup|systemd|dbus',
    'time[d-]? ?out|deadline exceeded|context canceled|connection (?:reset|refused)|broken pipe|\\bEOF\\b|ttrpc',
    'signal: |\\bkilled\\b|no such process|no child processes|already dead|already exists|has stopped',
  ].join('|'),
  'i',
);
/** What the project names (paths, commands) is in quotes, and says nothing about the host. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

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
    words: /unable to find (user|group) .*no matching entries|uids and gids must be in range/i,
    code: 'build_failed',
    text: 'build_failed.user',
  },
  // A volume of the image, for example `VOLUME ["/proc"]`.
  {
    call: 'start',
    statuses: [BAD_REQUEST, SERVER_ERROR],
    words: /error mounting .* to rootfs at .* cannot be mounted because it is /i,
    code: 'build_failed',
    text: 'build_failed.volume',
  },
  // Something else in the image, a mount in the wrong place, or a security module of the host.
  {
    call: 'start',
    statuses: [BAD_REQUEST, SERVER_ERROR],
    words: BY_RUNTIME,
    unless: MAY_PASS,
    code: 'engine_unavailable',
    text: 'docker.refused_by_runtime',
  },
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
  const plain = reason.replace(QUOTED, '');
  const refusal = REFUSALS.find(
    ({ words, unless, ...row }) =>
      row.call === call && row.statuses.includes(status) && words.test(reason) && !unless?.test(plain),
  );
  if (!refusal) return error;
  const { code, text, retryable } = refusal;
  return new SlipwayError(code, { ...messageOf(text, { reason }), retryable, cause: error });
}

/** Returns the engine's message without dockerode's prefix. */
function reasonOf(error: unknown): string {
  const { json, message } = error as Error & { json?: { message?: unknown } };
  return typeof json?.message === 'string' ? json.message : message;
}
