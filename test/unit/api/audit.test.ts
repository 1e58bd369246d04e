import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAudit, type Audit, type AuditEntry } from '../../../src/api/audit.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-audit-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('the line of an answer takes the place of the one from before it; without an answer that one stays', async () => {
  const audit = openAudit(join(folder, 'audit.log'));
  const line = { at: '', key_id: 'k', action: 'deploy', method: 'POST', path: '/', address: '' } as const;
  audit.record({ ...line, id: '1', status: null, result: 'asked' });
  audit.record({ ...line, id: '2', status: null, result: 'asked' });
  audit.record({ ...line, id: '1', status: 202, result: 'accepted' });
  expect((await audit.latest(9)).map(({ id, result }) => `${id} ${result}`)).toEqual(['1 accepted', '2 asked']);
});

it('half a line, as a full disk leaves it, takes no other with it', async () => {
  const path = join(folder, 'audit.log');
  const line = { at: '', key_id: 'k', action: 'deploy', method: 'POST', path: '/', address: '' } as const;
  const idsOf = async (audit: Audit) => (await audit.latest(9)).map(({ id }) => id);
  openAudit(path).record({ ...line, id: '1', status: 202, result: 'accepted' });
  appendFileSync(path, '{"id":"2","path":"/api/{x}');
  const audit = openAudit(path);
  expect(await idsOf(audit)).toEqual(['1']);
  audit.record({ ...line, id: '3', status: 202, result: 'accepted' });
  audit.record({ ...line, id: '4', status: 202, result: 'accepted' });
  expect(await idsOf(audit)).toEqual(['4', '3', '1']);
});

it('a line that can’t be written is an error, and the next one begins a line of its own', async () => {
  const path = join(folder, 'audit.log');
  const line = { at: '', key_id: 'k', action: 'deploy', method: 'POST', path: '/', address: '' } as const;
  const audit = openAudit(path);
  mkdirSync(path);
  expect(() => {
    audit.record({ ...line, id: '1', status: null, result: 'asked' });
  }).toThrow('EISDIR');
  rmSync(path, { recursive: true });
  appendFileSync(path, '{"id":');
  audit.record({ ...line, id: '2', status: null, result: 'asked' });
  expect((await audit.latest(9)).map(({ id }) => id)).toEqual(['2']);
});

it('goes on in a new file when one is full; the older ones can still be read', async () => {
  const audit = openAudit(join(folder, 'audit.log'));
  const entry = (path: string): AuditEntry => ({
    id: path.slice(0, 8),
    at: new Date().toISOString(),
    key_id: 'key_1',
    action: 'deploy',
    method: 'POST',
    path,
    status: 202,
    result: 'accepted',
    address: '127.0.0.1',
  });
  expect(await audit.latest(10)).toEqual([]);
  const long = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 12; i += 1) audit.record(entry(`${i} ${long}`));
  await audit.latest(1);
  audit.record(entry('last'));
  const paths = (await audit.latest(4)).map(({ path }) => path.split(' ')[0]);
  expect(paths).toEqual(['last', '11', '10', '9']);
  expect(readdirSync(folder).length).toBeGreaterThan(1);
});
