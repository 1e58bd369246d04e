import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { FOREIGN_TEMPORAL } from '../support/foreign-temporal.js';
import { itUnless } from '../support/jest/conditions.js';
import { Slipway } from '../support/slipway.js';

/** Room for a Slipway that does little, and above what has to stay free for an upload. */
const DISK = 'size=400m';
const isRoot = process.getuid?.() === 0;
const whoseDisk = FOREIGN_TEMPORAL === undefined ? undefined : 'the disk of its Temporal is not the one that is filled';
const missing = isRoot ? whoseDisk : 'only root can mount a small disk';

let slipway: Slipway;
let isMounted = false;
const filling = (): string => join(slipway.dataDir, 'filling');

beforeAll(async () => {
  if (missing !== undefined) return;
  slipway = await Slipway.start();
  await slipway.down();
  execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', slipway.dataDir]);
  isMounted = true;
  await slipway.up();
});
afterAll(async () => {
  if (missing !== undefined) return;
  rmSync(filling(), { force: true });
  await slipway.down();
  if (isMounted) execFileSync('umount', ['--lazy', slipway.dataDir]);
  await slipway.remove();
});

function fill(): void {
  const { bavail, bsize } = statfsSync(slipway.dataDir);
  try {
    writeFileSync(filling(), Buffer.alloc(bavail * bsize + 1024 ** 2));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
  }
}

const upload = () =>
  slipway.call('/api/uploads', { body: gzipSync('x'), headers: { 'Content-Type': 'application/gzip' } });

itUnless(missing)(
  'uploads return 503 on a full disk, and the same API and worker continue after space is freed',
  async () => {
    expect((await upload()).status).toBe(201);
    const { api, worker } = slipway.ready.pids;
    fill();
    for (let i = 0; i < 50; i += 1) {
      expect((await upload()).status).toBe(503); // each wants a line of the log and of the audit trail
      expect((await fetch(`${slipway.url}/livez`)).status).toBe(200);
    }
    const metrics = await (
      await fetch(`${slipway.url}/metrics`, { headers: { Authorization: `Bearer ${slipway.adminKey}` } })
    ).text();
    expect(Number(/^slipway_api_log_lines_lost_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    rmSync(filling());
    await eventually(async () => (await upload()).status === 201);
    expect(existsSync(`/proc/${api}`)).toBe(true);
    expect(existsSync(`/proc/${worker}`)).toBe(true);
    expect(slipway.ready.pids).toMatchObject({ api, worker });
  },
  120_000,
);
