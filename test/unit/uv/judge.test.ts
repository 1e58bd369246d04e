import { expect, test } from '@jest/globals';
import { judgeUv } from '../../../src/activities/uv/judge.js';

// Outputs of uv 0.13.9, as they came.
const CASES: [string, number, string, { code: string; retryable: boolean; reason?: string }][] = [
  [
    'no version of a package fits the requirement',
    1,
    `Creating virtual environment at: .venv
error: No solution found when resolving dependencies
  cause: Because only six<=1.17.0 is available and your project depends on six>=99, we can conclude that your project's requirements are unsatisfiable.`,
    { code: 'dependencies_unresolvable', retryable: false, reason: 'Because only six<=1.17.0' },
  ],
  [
    'the package doesn’t exist',
    1,
    `error: No solution found when resolving dependencies
  cause: Because no-such-package was not found in the package registry and your project depends on no-such-package, we can conclude that your project's requirements are unsatisfiable.`,
    { code: 'dependencies_unresolvable', retryable: false, reason: 'was not found in the package registry' },
  ],
  [
    'a compiler fails',
    1,
    `   Building buildfail @ file:///tmp/probe/buildfail
error: Failed to build \`buildfail @ file:///tmp/probe/buildfail\`
  cause: The build backend returned an error
  cause: Call to \`backend.build_wheel\` failed (exit status: 1)
         [stderr]
         mymodule.c:1:10: fatal error: Python2.h: No such file or directory
         compilation terminated.
         error: command '/usr/bin/gcc' failed with exit code 1
hint: This error likely indicates that you need to install a library that provides \`Python2.h\` for \`buildfail@1\``,
    { code: 'build_failed', retryable: false, reason: 'mymodule.c:1:10: fatal error: Python2.h' },
  ],
  [
    'the lock is outdated',
    1,
    'Resolved 3 packages in 111ms\nerror: The lockfile at `uv.lock` needs to be updated, but `--check` was provided.\nhint: To update the lockfile, run `uv lock`.',
    { code: 'lock_outdated', retryable: false },
  ],
  [
    'the index is unreachable',
    2,
    `error: Request failed after 3 retries in 7.2s
  cause: Failed to fetch: http://127.0.0.1:9/simple/six/
  cause: error sending request for url (http://127.0.0.1:9/simple/six/)
  cause: client error (Connect)
  cause: tcp connect error
  cause: Connection refused (os error 111)`,
    { code: 'install_failed', retryable: true, reason: 'Connection refused' },
  ],
  [
    'the interpreter doesn’t fit the project',
    2,
    "error: The requested interpreter resolved to Python 3.9.18, which is incompatible with the project's Python requirement: `>=3.10` (from `project.requires-python`)",
    { code: 'dependencies_unresolvable', retryable: false, reason: 'Python 3.9.18' },
  ],
  [
    'the disk is full',
    2,
    'error: failed to copy file\n  cause: No space left on device (os error 28)',
    { code: 'disk_full', retryable: false },
  ],
  ['uv is killed', 137, 'Resolved 3 packages in 1ms', { code: 'install_failed', retryable: true }],
  ['uv is missing', 127, 'cannot execute uv', { code: 'tool_missing', retryable: false }],
  [
    'uv can’t parse pyproject.toml',
    2,
    'error: Failed to parse: `pyproject.toml`',
    { code: 'install_failed', retryable: false, reason: 'Failed to parse' },
  ],
];

test.each(CASES)('a failure of uv returns the matching error if %s', (_, exitCode, output, { reason, ...expected }) => {
  const error = judgeUv({ exitCode, tail: output.split('\n') });
  expect(error).toMatchObject(expected);
  if (reason) expect(error.params['reason']).toContain(reason);
  expect(error.logTail.length).toBeGreaterThan(0);
});

test.each([
  'LookupError: setuptools-scm was unable to detect version for /tmp/nogit.',
  'Error getting the version from source `vcs`: setuptools-scm was unable to detect version for /tmp/nogit.',
  'Error getting the version from source `uv-dynamic-versioning`: This does not appear to be a Git project',
])('a failed build that looks for git is reported as a missing version: %s', (line) => {
  const tail = ['error: Failed to build `x`', '         ' + line, 'error: subprocess-exited-with-error'];
  expect(judgeUv({ exitCode: 1, tail })).toMatchObject({ code: 'build_failed', text: 'build_failed.no_version' });
});
