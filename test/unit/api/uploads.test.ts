import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../../support/api.js';
import { itUnless } from '../../support/jest/conditions.js';

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

it('an upload creates the uploads folder if the folder is missing', async () => {
  rmSync(uploads(), { recursive: true });
  const answer = await api.call('/api/uploads', {
    body: gzipSync('x'),
    headers: { 'Content-Type': 'application/gzip' },
  });
  expect(answer.status).toBe(201);
  expect(statSync(uploads()).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(uploads())) rmSync(join(uploads(), name));
});

it('an upload with a Content-Length over the maximum is refused before its body is sent', async () => {
  const refused = { status: 413, code: 'too_large' };
  expect(await upload({ 'Content-Length': String(256 * MIB + 1) }, 0)).toEqual(refused);
});

it('an upload without a Content-Length is refused with 413 when it exceeds the maximum, and no file remains', async () => {
  expect(await upload({ 'Transfer-Encoding': 'chunked' }, 260)).toEqual({ status: 413, code: 'too_large' });
  expect(readdirSync(uploads())).toEqual([]);
});

/** As many clients do: reads nothing before all is sent. */
async function sendWhole(body: Buffer): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname).pause().setEncoding('utf8');
  const head = `POST /api/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\nContent-Type: application/gzip\r\n`;
  socket.write(`${head}Content-Length: ${body.length}\r\n\r\n`);
  await new Promise((sent) => socket.write(body, sent));
  const [answer] = (await once(socket.resume(), 'data')) as [string];
  socket.destroy();
  return answer;
}

const mountSmallDisk = (folder: string): Buffer =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });

/** Why there can be no small disk here; undefined when there can. A container's root, too, may lack the right. */
function diskMissing(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-disk-'));
  try {
    mountSmallDisk(folder);
    execFileSync('umount', [folder]);
    return undefined;
  } catch {
    return 'only root can mount a disk of 64 KiB here';
  } finally {
    rmdirSync(folder);
  }
}

itUnless(diskMissing()).each([
  ['in the middle', 64 * MIB],
  ['with its last bytes', 64 * 1024], // fits, and what is written of it does not
] as const)('an upload that fills the disk %s returns disk_full, and no file remains', async (_when, bytes) => {
  mountSmallDisk(uploads());
  try {
    const answer = await sendWhole(Buffer.concat([gzipSync('x'), Buffer.alloc(bytes)], bytes));
    expect(answer).toContain('HTTP/1.1 503');
    expect(answer).toContain('"code":"disk_full","error":"EnvironmentError"');
    expect(readdirSync(uploads())).toEqual([]);
  } finally {
    execFileSync('umount', [uploads()]);
  }
});
