import { expect, test } from '@jest/globals';
import { judgePip } from '../../../src/activities/fallback/judge.js';

// Outputs of pip 23.2, as they came.
const CASES: [string, number, string, { code: string; retryable: boolean; reason?: string }][] = [
  [
    'no version of a package fits the requirement',
    1,
    'ERROR: Could not find a version that satisfies the requirement six>=99 (from versions: 0.9.0, 1.17.0)\nERROR: No matching distribution found for six>=99',
    { code: 'dependencies_unresolvable', retryable: false, reason: 'six>=99' },
  ],
  [
    'the package doesn’t exist',
    1,
    'ERROR: Could not find a version that satisfies the requirement no-such (from versions: none)\nERROR: No matching distribution found for no-such',
    { code: 'dependencies_unresolvable', retryable: false },
  ],
  [
    'the index is unreachable',
    1,
    `WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7f7dfe3e35d0>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/requests/
ERROR: Could not find a version that satisfies the requirement requests (from versions: none)
ERROR: No matching distribution found for requests`,
    { code: 'install_failed', retryable: true },
  ],
  [
    'a requirement has a syntax error',
    1,
    "ERROR: Invalid requirement: 'six ==> 1'",
    { code: 'dependencies_unresolvable', retryable: false, reason: 'six ==> 1' },
  ],
  [
    'a package requires another Python version',
    1,
    "ERROR: Package 'mypkg' requires a different Python: 3.11.7 not in '>=3.12'",
    { code: 'python_unavailable', retryable: false },
  ],
  [
    'a compiler fails',
    1,
    `  error: subprocess-exited-with-error
  × Preparing metadata (pyproject.toml) did not run successfully.
  │ exit code: 1
  ╰─> [4 lines of output]
      mymodule.c:1:10: fatal error: Python2.h: No such file or directory
      error: command '/usr/bin/gcc' failed with exit code 1
      [end of output]
  note: This error originates from a subprocess, and is likely not a problem with pip.
error: metadata-generation-failed
× Encountered error while generating package metadata.
hint: See above for details.`,
    { code: 'build_failed', retryable: false, reason: 'mymodule.c:1:10: fatal error: Python2.h' },
  ],
  [
    'a requirement file is missing',
    1,
    "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'nope.txt'",
    { code: 'install_failed', retryable: false, reason: 'nope.txt' },
  ],
  [
    'the disk is full',
    1,
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
    { code: 'disk_full', retryable: false },
  ],
  ['pip is killed', 137, '', { code: 'install_failed', retryable: true }],
];

test.each(CASES)(
  'a failure of pip returns the matching error if %s',
  (_, exitCode, output, { reason, ...expected }) => {
    const error = judgePip({ exitCode, tail: output.split('\n') });
    expect(error).toMatchObject(expected);
    if (reason) expect(error.params['reason']).toContain(reason);
  },
);

test.each([
  'LookupError: setuptools-scm was unable to detect version for /tmp/nogit.',
  'Error getting the version from source `vcs`: setuptools-scm was unable to detect version for /tmp/nogit.',
  'Error getting the version from source `uv-dynamic-versioning`: This does not appear to be a Git project',
])('a failed build that looks for git is reported as a missing version: %s', (line) => {
  const tail = ['error: Failed to build `x`', '      ' + line, 'error: subprocess-exited-with-error'];
  expect(judgePip({ exitCode: 1, tail })).toMatchObject({ code: 'build_failed', text: 'build_failed.no_version' });
});
