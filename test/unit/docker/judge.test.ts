import { expect, it } from '@jest/globals';
import { judgeBuild } from '../../../src/activities/docker/judge.js';

const LLB = 'failed to solve with frontend dockerfile.v0: failed to create LLB definition: ';

/** As engines said it. */
it.each<[string, string[], object]>([
  [
    `${LLB}dockerfile parse error line 2: unknown instruction: RUNN`,
    [],
    { code: 'build_failed', text: 'build_failed.dockerfile', params: { reason: /^dockerfile parse error line 2/ } },
  ],
  [
    `${LLB}failed to do request: Head "https://nothere.invalid/v2/x/manifests/1": dial tcp: lookup nothere.invalid: no such host`,
    [],
    { code: 'build_failed', text: 'build_failed.base_image', retryable: false },
  ],
  [
    `${LLB}failed to do request: Head "https://there.invalid/v2/x/manifests/1": net/http: TLS handshake timeout`,
    [],
    { text: 'build_failed.base_image', retryable: true },
  ],
  [
    'failed to solve with frontend dockerfile.v0: failed to build LLB: failed to compute cache key: "/.git" not found: not found',
    [],
    { code: 'build_failed', text: 'build_failed.never_in_release', params: { path: /^\.git$/ } },
  ],
  [
    'executor failed running [/bin/sh -c pip install .]: exit code: 1',
    [
      'LookupError: setuptools-scm was unable to detect version for /app.',
      'note: This error originates from a subprocess',
    ],
    { code: 'build_failed', text: 'build_failed.no_version' },
  ],
  ['pull access denied for x, repository does not exist', [], { text: 'build_failed.base_image', retryable: false }],
  [
    'executor failed running [/bin/sh -c pip install x]: exit code: 1',
    ['Collecting x', 'ERROR: No matching distribution found for x'],
    { code: 'build_failed', text: 'build_failed.command', params: { exit: '1', reason: /No matching distribution/ } },
  ],
  [
    "The command '/bin/sh -c echo this is why; exit 3' returned a non-zero code: 3", // classic builder of an engine 26
    [
      'Step 2/2 : RUN echo this is why; exit 3',
      ' ---> Running in 1d2f',
      'this is why',
      ' ---> Removed intermediate container 1d2f',
    ],
    { code: 'build_failed', text: 'build_failed.command', params: { exit: '3', reason: /^this is why$/ } },
  ],
  [
    "The command '/bin/sh -c exit 3' returned a non-zero code: 3",
    ['Step 2/2 : RUN exit 3'],
    { text: 'build_failed.command', params: { exit: '3', reason: /exit 3/ } },
  ],
  [
    'executor failed running [/bin/sh -c x]: exit code: 137',
    [],
    { code: 'out_of_memory', text: 'out_of_memory.build' },
  ],
  ['executor failed running [/bin/sh -c x]: exit code: 1', ['cp: No space left on device'], { code: 'disk_full' }],
  ['target stage nope could not be found', [], { text: 'build_failed.dockerfile' }],
  [
    `${LLB.replace('create LLB definition', 'build LLB')}failed to compute cache key: "/requirements.txt" not found: not found`,
    [],
    { code: 'build_failed', text: 'build_failed.not_in_source', params: { path: /^requirements\.txt$/ } },
  ],
  [
    'failed to solve: failed to compute cache key: failed to calculate checksum of ref 1a2b::3c4d: "/conf/a b.toml": not found',
    [],
    { text: 'build_failed.not_in_source', params: { path: /^conf\/a b\.toml$/ } },
  ],
  [
    'COPY failed: file not found in build context or excluded by .dockerignore: stat data/seed.json: file does not exist',
    [],
    { text: 'build_failed.left_out', params: { path: /^data\/seed\.json$/ } },
  ],
  [
    'ADD failed: stat /var/lib/docker/tmp/docker-builder123/x.txt: no such file or directory',
    [],
    { text: 'build_failed.not_in_source', params: { path: /^x\.txt$/ } },
  ],
  [
    'failed to solve: nowhere.invalid/base:1: not found',
    [],
    { text: 'build_failed.base_image', params: { reason: /nowhere/ } },
  ],
  ['something new', [], { code: 'build_failed', text: 'build_failed' }],
])('a failed build is classified by the message of the engine: %s', (reason, tail, expected) => {
  const { params = {}, ...rest } = expected as { params?: Record<string, string | RegExp> };
  const error = judgeBuild({ reason, tail }, (path) => path.startsWith('data/'));
  expect(error).toMatchObject(rest);
  for (const [name, value] of Object.entries(params)) expect(error.params[name]).toMatch(value);
});
