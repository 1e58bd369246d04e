import { describe, expect, it } from '@jest/globals';
import { DEPLOYMENT_CODES, ENVIRONMENT_CODES, errorRecord, type DeploymentCode } from '../../../src/contract/errors.js';
import { storedMessage } from '../../../src/contract/texts.js';
import { fallsThrough, isAppsOwn } from '../../../src/workflows/outcome.js';

const errorOf = (code: DeploymentCode) => errorRecord(code, storedMessage({ text: code, params: {} }));
const failed = (code: DeploymentCode) => fallsThrough({ kind: 'failed', error: errorOf(code) });

describe('the decision to try the next mode', () => {
  it('the next mode is tried after each failure except failures that would repeat in another mode', () => {
    const final = [...DEPLOYMENT_CODES, ...ENVIRONMENT_CODES].filter((code) => !failed(code));
    expect(final).toEqual([
      'invalid',
      'source_unreachable',
      'source_invalid',
      'no_python_project',
      'no_entry_point',
      'lock_outdated',
      'deployment_timeout',
    ]);
  });

  it('the next mode is tried after a skipped mode', () => {
    expect(fallsThrough({ kind: 'skipped', error: errorOf('no_python_project') })).toBe(true);
  });

  it('the next mode isn’t tried after a success or a cancel', () => {
    expect(fallsThrough({ kind: 'completed', changed: true })).toBe(false);
    expect(fallsThrough({ kind: 'cancelled', error: errorOf('install_failed') })).toBe(false);
  });
});

describe('errors of the app itself', () => {
  const ended = (exit: string | number, logTail: string[] = [], code: DeploymentCode = 'app_exited') =>
    isAppsOwn(errorRecord(code, { ...storedMessage({ text: code, params: { exit } }), logTail }));

  it.each([
    ['an exit with code 1', ended('exit 1')],
    ['an exit with code 0', ended('exit 0')],
    ['a failed release command', ended(1, [], 'release_command_failed')],
    ['a missing file of the app', ended('exit 1', ["FileNotFoundError: [Errno 2] … directory: 'config.json'"])],
  ])('%s is an error of the app itself', (_, is) => {
    expect(is).toBe(true);
  });

  it.each([
    ['a missing program', ended('exit 127')],
    ['a program that isn’t executable', ended('exit 126')],
    ['an exit by a signal', ended('SIGSEGV')],
    ['an exit by a signal in a container', ended('exit 139')],
    ['a lost keeper', ended('keeper lost')],
    ['a missing library', ended('exit 1', ['ImportError: libGL.so.1: cannot open shared object file: …'])],
    ['a missing package', ended('exit 1', ["ModuleNotFoundError: No module named 'discord'"])],
    ['a missing permission', ended('exit 1', ["PermissionError: [Errno 13] Permission denied: '/data'"])],
    ['a missing program that the app calls', ended('exit 1', ["[Errno 2] No such file or directory: 'ffmpeg'"])],
    ['a failed health check', ended('exit 1', [], 'health_check_failed')],
  ])('%s isn’t an error of the app itself', (_, is) => {
    expect(is).toBe(false);
  });
});
