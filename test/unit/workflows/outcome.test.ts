import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_CODES, ENVIRONMENT_CODES, errorRecord, type DeploymentCode } from '../../../src/contract/errors.js';
import { fallsThrough } from '../../../src/workflows/outcome.js';

const failed = (code: DeploymentCode) => fallsThrough({ kind: 'failed', error: errorRecord(code) });

describe('the next mode', () => {
  it('is tried after exactly those failures that another mode may not have', () => {
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

  it('is tried after a skip for whatever reason', () => {
    expect(fallsThrough({ kind: 'skipped', error: errorRecord('no_python_project') })).toBe(true);
  });

  it('is never tried after a success or a cancel', () => {
    expect(fallsThrough({ kind: 'completed', changed: true })).toBe(false);
    expect(fallsThrough({ kind: 'cancelled', error: errorRecord('install_failed') })).toBe(false);
  });
});
