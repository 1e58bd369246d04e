import { expect, it } from '@jest/globals';
import { refusalOf } from '../../../src/activities/ports/docker/refusals.js';
import { SlipwayError } from '../../../src/contract/errors.js';

/** As dockerode throws an answer of the engine. */
const answer = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) some words of dockerode - ${message} `), {
    statusCode,
    json: { message },
  });

it.each<['create' | 'start', number, string, string, string, boolean]>([
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
  ['start', 400, 'OCI runtime create failed: not a directory', 'engine_unavailable', 'docker.refused', true],
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
])('a container %s that fails with an unknown error keeps the error', (call, error) => {
  expect(refusalOf(call, error)).toBe(error);
});
