import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openAudit, type AuditEntry } from '../../../src/api/audit.js';
import { onTestFinished } from '../../support/jest/test-end.js';

it('an audit entry is synced to the disk before its action starts, and the outcome is written without a sync', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-audit-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'audit.log');
  const synced: string[] = [];
  const audit = openAudit(path, 365, () => synced.push(readFileSync(path, 'utf8')));
  const entry: Omit<AuditEntry, 'status' | 'result'> = {
    id: '1',
    at: new Date().toISOString(),
    key_id: 'k',
    action: 'deploy',
    method: 'POST',
    path: '/api/deployments',
    address: '127.0.0.1',
  };
  audit.record({ ...entry, status: null, result: 'asked' });
  expect(synced).toEqual([expect.stringContaining('"asked"')]); // it was written by then
  audit.record({ ...entry, status: 202, result: 'accepted' });
  audit.recordRefusal({ ...entry, status: 403, result: 'refused' });
  expect(synced).toHaveLength(1);
});
