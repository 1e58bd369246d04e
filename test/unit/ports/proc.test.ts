import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { disk } from '../../../src/activities/ports/disk-port.js';
import { openFilesOf, socketsOf } from '../../../src/activities/ports/proc.js';

/** Works in a folder whose path is longer than Linux tells, and has a file of it open. */
const DIGGER = `
import os, sys
for _ in range(300):
    os.mkdir("d" * 20)
    os.chdir("d" * 20)
held = open("held", "w")
print("there", flush=True)
sys.stdin.read()
`;

let folder: string;
let digger: ChildProcess;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-proc-'));
  const child = spawn('python3', ['-c', DIGGER], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  digger = child;
  await once(child.stdout, 'data');
});
afterEach(async () => {
  const over = once(digger, 'exit');
  digger.kill();
  await over;
  await disk.remove(folder); // others can't, as deep as it is
});

it('a file whose path is too long to be told hides nothing else', () => {
  expect(openFilesOf(digger.pid!).join()).not.toContain('held');
  expect(socketsOf(digger.pid!).length).toBeGreaterThanOrEqual(2); // its input and output
});
