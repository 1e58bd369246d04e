import { expect, it } from '@jest/globals';
import { refusalOf } from '../../../src/activities/ports/docker/refusals.js';
import { SlipwayError } from '../../../src/contract/errors.js';

/** As dockerode throws an answer of the engine. */
const answer = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) some words of dockerode - ${message} `), {
    statusCode,
    json: { message },
  });

const runc = (words: string): string =>
  `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${words}: unknown`;
const unmountable = (at: string, why: string): string =>
  `error during container init: error mounting "/volumes/7f/_data" to rootfs at "${at}": "/merged${at}" cannot be mounted because it is ${why}`;

type Row = ['create' | 'start', number, string, string, string, boolean];

it.each<Row>([
  ['create', 400, 'No command specified', 'no_entry_point', 'no_entry_point.docker', false],
  ['create', 400, 'no command specified', 'no_entry_point', 'no_entry_point.docker', false],
  ['create', 500, 'no command or entrypoint provided, and no CMD', 'no_entry_point', 'no_entry_point.docker', false],
  ['create', 400, 'invalid CapAdd: unknown capability: "CAP_X"', 'engine_unavailable', 'docker.refused', false],
  [
    'create',
    400,
    'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available',
    'engine_unavailable',
    'docker.refused',
    false,
  ],
  ['create', 400, 'Minimum memory limit allowed is 6MB', 'engine_unavailable', 'docker.refused', false],
  [
    'start',
    500,
    'unable to find user ghost: no matching entries in passwd file',
    'build_failed',
    'build_failed.user',
    false,
  ],
  [
    'start',
    500,
    'unable to find group ghosts: no matching entries in group file',
    'build_failed',
    'build_failed.user',
    false,
  ],
  ['start', 500, 'uids and gids must be in range 0-2147483647', 'build_failed', 'build_failed.user', false],
  ['start', 500, runc(unmountable('/proc', 'not of type proc')), 'build_failed', 'build_failed.volume', false],
  ['start', 500, runc(unmountable('/proc/sys', 'inside /proc')), 'build_failed', 'build_failed.volume', false],
  ['start', 500, runc(unmountable('/oom killed', 'inside /proc')), 'build_failed', 'build_failed.volume', false],
  ...[
    'OCI runtime create failed: not a directory',
    runc('exec: "nowhere": executable file not found in $PATH'),
    runc('exec: "/cgroup timeout \\" oom/x": permission denied'),
    runc('error during container init: open /proc/sys/net/ipv4/ip_unprivileged_port_start: no such file or directory'),
    runc('error during container init: unable to apply apparmor profile: apparmor failed to apply profile'),
    'crun: mount `proc` to `proc`: Operation not permitted: OCI permission denied',
    'crun: executable file `nowhere` not found in $PATH: OCI runtime attempted to invoke a command that was not found',
  ].flatMap((words) =>
    ([400, 500] as const).map((status): Row => [
      'start',
      status,
      words,
      'engine_unavailable',
      'docker.refused_by_runtime',
      false,
    ]),
  ),
  ['start', 400, runc('resource temporarily unavailable'), 'engine_unavailable', 'docker.refused', true],
  ['start', 400, 'something of the engine’s own', 'engine_unavailable', 'docker.refused', true],
])(
  'a container %s that the engine refuses with %i “%s” fails as %s (%s)',
  (call, status, words, code, text, retryable) => {
    const refusal = refusalOf(call, answer(status, words));
    expect(refusal).toBeInstanceOf(SlipwayError);
    expect(refusal).toMatchObject({ code, text, params: { reason: words }, retryable });
  },
);

it.each<['create' | 'start', Error]>([
  ['create', answer(404, 'No such image: gone')],
  ['create', answer(500, 'something of the engine’s own')],
  ['start', answer(500, 'task c1: already exists')],
  ['start', answer(404, 'network deadbeef not found')],
  ['start', new Error('socket hang up')],
  ...[
    'fork/exec /proc/self/exe: resource temporarily unavailable',
    'fork/exec /proc/self/exe: cannot allocate memory',
    'container init was OOM-killed (memory limit too low?)',
    'runtime: failed to create new OS thread (have 5 already; errno=11)',
    'unable to apply cgroup configuration: failed to write 12: write /sys/fs/cgroup/pids/docker/c1/cgroup.procs: no such file or directory',
    'error during container init: write /proc/self/attr/keycreate: no space left on device',
    'error creating systemd unit: Message recipient disconnected from message bus without replying',
    'can’t get final child’s PID from pipe: EOF',
    'open /dev/ptmx: too many open files',
    'read init-p: connection reset by peer',
    'context deadline exceeded',
    'cannot start a container that has stopped',
  ].map((words): ['start', Error] => ['start', answer(500, runc(words))]),
])('a container %s that fails with an unknown error keeps the error', (call, error) => {
  expect(refusalOf(call, error)).toBe(error);
});
