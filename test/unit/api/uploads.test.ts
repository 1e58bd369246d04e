import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const uploads = (): string => join(api.dataDir, 'uploads');
const MIB = 1024 ** 2;

/** Sends as much as is asked for, and gives back what is answered, whenever that is. */
function upload(headers: Record<string, string>, mebibytes: number): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const call = request(`${api.url}/api/uploads`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${api.key}`, 'Content-Type': 'application/gzip', ...headers },
    });
    call.on('error', reject).on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => {
        call.destroy();
        resolve({ status: answer.statusCode ?? 0, code: (JSON.parse(text) as { code: string }).code });
      });
    });
    call.flushHeaders();
    for (let sent = 0; sent < mebibytes; sent += 1) call.write(Buffer.alloc(MIB));
  });
}

it('an upload finds its folder, even when somebody removed it', async () => {
  rmSync(uploads(), { recursive: true });
  const answer = await api.call('/api/uploads', {
    body: gzipSync('x'),
    headers: { 'Content-Type': 'application/gzip' },
  });
  expect(answer.status).toBe(201);
  expect(statSync(uploads()).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(uploads())) rmSync(join(uploads(), name));
});

it('one that says it is too large is refused before a byte of it came', async () => {
  const refused = { status: 413, code: 'too_large' };
  expect(await upload({ 'Content-Length': String(256 * MIB + 1) }, 0)).toEqual(refused);
});

it('one that does not say so is refused once it is, the answer is read, and nothing stays', async () => {
  expect(await upload({ 'Transfer-Encoding': 'chunked' }, 260)).toEqual({ status: 413, code: 'too_large' });
  expect(readdirSync(uploads())).toEqual([]);
});

it('a disk that is full is told to a client that has sent all, and nothing of the upload is kept', async (context) => {
  try {
    // Real, so it takes a right that a container's root, too, may lack.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', uploads()], { stdio: 'ignore' });
  } catch {
    context.skip('only root can mount a disk of 64 KiB here');
  }
  try {
    const answer = await api.call('/api/uploads', {
      body: Buffer.concat([gzipSync('x'), Buffer.alloc(64 * MIB)]),
      headers: { 'Content-Type': 'application/gzip' },
    });
    expect(answer).toMatchObject({ status: 503, body: { code: 'disk_full', error: 'EnvironmentError' } });
    expect(readdirSync(uploads())).toEqual([]);
  } finally {
    execFileSync('umount', [uploads()]);
  }
});
