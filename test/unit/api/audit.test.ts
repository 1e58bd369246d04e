import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openAudit, type Audit, type AuditEntry } from '../../../src/api/audit.js';
import { createRefusalBudget } from '../../../src/api/refusal-budget.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-audit-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('the audit entry with the outcome replaces the entry from before the action, which remains without an outcome', async () => {
  const audit = openAudit(join(folder, 'audit.log'));
  const line = { at: '', key_id: 'k', action: 'deploy', method: 'POST', path: '/', address: '' } as const;
  audit.record({ ...line, id: '1', status: null, result: 'asked' });
  audit.record({ ...line, id: '2', status: null, result: 'asked' });
  audit.record({ ...line, id: '1', status: 202, result: 'accepted' });
  expect((await audit.latest(9)).map(({ id, result }) => `${id} ${result}`)).toEqual(['1 accepted', '2 asked']);
});

it('an incomplete line in the audit log affects no other line', async () => {
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

it('a failed write to the audit log throws an error, and the next entry starts a new line', async () => {
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

it('the audit log is rotated when it is full, and entries in older files can still be read', async () => {
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

describe('the hash chain of the audit log', () => {
  const line = {
    at: new Date().toISOString(),
    key_id: 'k',
    action: 'deploy',
    method: 'POST',
    path: '/',
    address: '',
  } as const;
  const done = (id: string): AuditEntry => ({ ...line, id, status: 202, result: 'accepted' });
  const path = (): string => join(folder, 'audit.log');
  const check = async () => (await openAudit(path()).verify()).changes;
  const lines = (file = path()): string[] => readFileSync(file, 'utf8').trimEnd().split('\n');
  const write = (all: string[]): void => {
    writeFileSync(path(), `${all.join('\n')}\n`);
  };
  const record = (...ids: string[]): void => {
    const audit = openAudit(path());
    for (const id of ids) audit.record(done(id));
  };

  it('the audit chain continues across restarts and across two processes that write at the same time', async () => {
    record('1', '2');
    const [first, second] = [openAudit(path()), openAudit(path())];
    for (const id of ['3', '4', '5']) {
      first.record(done(`a${id}`));
      second.record(done(`b${id}`));
    }
    record('6');
    expect(await check()).toMatchObject({ whole: true, complete: true, lines: 9, unchained: 0, torn: 0, breaks: [] });
  });

  it('the audit chain breaks if a line was changed, removed, added, moved or emptied', async () => {
    record('1', '2', '3');
    record('4', '5', '6');
    const all = lines();
    expect(all).toHaveLength(6);
    const forged = JSON.stringify(done('x'));
    const changes: [string, string[]][] = [
      ['changed', all.map((text, at) => (at === 1 ? text.replace('"k"', '"other"') : text))],
      ['removed', all.filter((_, at) => at !== 2)],
      ['removed at a restart', all.filter((_, at) => at !== 3)],
      ['the end of a process removed', all.filter((_, at) => at !== 2 && at !== 1)],
      ['added', [...all.slice(0, 3), forged, ...all.slice(3)]],
      ['repeated', [...all.slice(0, 3), all[2]!, ...all.slice(3)]],
      ['moved', [all[0]!, all[2]!, all[1]!, ...all.slice(3)]],
      ['emptied', all.map((text, at) => (at === 1 ? '{' : text))],
    ];
    for (const [what, changed] of changes) {
      write(changed);
      expect([what, (await check()).whole]).toEqual([what, false]);
    }
    write(all);
    expect((await check()).whole).toBe(true);
  });

  it('a break in the audit chain is reported with its file and line', async () => {
    record('1', '2', '3');
    write(lines().map((text, at) => (at === 1 ? text.replace('202', '403') : text)));
    expect((await check()).breaks).toEqual([{ file: 'audit.log', line: 3, reason: 'changed_or_missing' }]);
  });

  it('the last digest of the audit chain changes if lines at the end are cut off', async () => {
    record('1', '2', '3');
    const { head } = await check();
    write(lines().slice(0, 2));
    expect(await check()).toMatchObject({ whole: true, head: expect.not.stringMatching(head!) });
  });

  it('the audit chain stays whole after an incomplete line of another or the own process', async () => {
    const running = openAudit(path());
    running.record(done('1'));
    appendFileSync(path(), '{"id":"half","pa');
    running.record(done('2'));
    record('3');
    expect(await check()).toMatchObject({ whole: true, lines: 4, torn: 1 });
    expect((await running.latest(9)).map(({ id }) => id).sort()).toEqual(['1', '2', '3']);
  });

  it('the audit chain continues a log without a chain and protects the last line of that log', async () => {
    write([JSON.stringify(done('old 1')), JSON.stringify(done('old 2'))]);
    record('1');
    expect(await check()).toMatchObject({ whole: true, complete: true, unchained: 2 });
    write(lines().filter((text) => !text.includes('old 2')));
    expect((await check()).whole).toBe(false);
  });

  it('the audit chain continues across rotations and is reported as incomplete if the oldest file is missing', async () => {
    const long = 'x'.repeat(6 * 1024 * 1024);
    const audit = openAudit(path());
    for (const id of ['1', '2', '3', '4', '5']) audit.record({ ...done(id), path: long });
    const [oldest, ...later] = readdirSync(folder)
      .filter((name) => name.startsWith('audit.log.'))
      .sort();
    expect(later).toHaveLength(1);
    expect(await check()).toMatchObject({ whole: true, complete: true, lines: 5 });
    rmSync(join(folder, later[0]!));
    expect((await check()).whole).toBe(false);
    rmSync(join(folder, oldest!));
    expect(await check()).toMatchObject({ whole: true, complete: false });
  });

  it('the audit log starts a new file after a month and removes files older than the retention period', () => {
    const old = JSON.stringify({ ...done('old'), at: '2020-01-01T00:00:00.000Z' });
    write([old]);
    utimesSync(path(), new Date('2020-01-01'), new Date('2020-01-01'));
    record('new');
    expect(readdirSync(folder)).toEqual(['audit.log']); // the old file was rotated, and then removed
    write([old]);
    record('newer');
    expect(readdirSync(folder)).toHaveLength(2); // written lately: kept
  });
});

describe('refused requests in the audit log', () => {
  const refused = (id: string, address: string, key = ''): AuditEntry => ({
    id,
    at: new Date().toISOString(),
    key_id: key,
    action: 'authenticate',
    method: 'GET',
    path: '/',
    status: 401,
    result: 'refused',
    address,
  });

  it('refused requests have a separate log of limited size and don’t displace entries of changes', async () => {
    const audit = openAudit(join(folder, 'audit.log'));
    audit.record({ ...refused('done', ''), key_id: 'k', action: 'deploy', status: 202, result: 'accepted' });
    for (let i = 0; i < 50_000; i += 1)
      audit.recordRefusal(refused(String(i), `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`));
    expect((await audit.latest(9, { trail: 'changes' })).map(({ id }) => id)).toEqual(['done']);
    expect(statSync(join(folder, 'audit-refused.log')).size).toBeLessThan(200 * 1024);
  });

  it('the refusals of a caller are limited to 60 entries a minute, and the next entry contains the number of the omitted entries', () => {
    let nowMs = 0;
    const budget = createRefusalBudget(() => nowMs);
    const taken = Array.from({ length: 100 }, () => budget.take('a'));
    expect(taken.filter((count) => count === 0)).toHaveLength(60);
    expect(budget.take('b')).toBe(0); // another caller is still seen
    nowMs = 60_001;
    expect(budget.take('a')).toBe(40);
  });
});
