// Fetches the files of Temporal's Web UI once: Go downloads the module that has them, and verifies its checksum.
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { z } from 'zod';
import type { Config } from '../../config.js';
import { ifThere } from '../../files.js';
import { findProgram, TEMPORAL_UI, temporalUiArchive } from '../../programs.js';
import { printLine, withProgress } from '../terminal.js';

const downloadedSchema = z.object({ Zip: z.string(), Sum: z.string() });

/** Fetches the files. If this fails, a line is printed, and Slipway works without them. */
export async function getTemporalUi(config: Config): Promise<void> {
  const archive = temporalUiArchive(config);
  if ((await ifThere(stat(archive))) !== undefined || !config.installTools) return;
  const go = await findProgram('go', config);
  try {
    if (go === undefined) throw new Error('Go, which gets its files, is not on PATH');
    await withProgress("Getting Temporal's Web UI (once, 46 MB)", () => fetchArchive(go, archive));
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    printLine(`Temporal's Web UI is not available: ${reason}`);
  }
}

async function fetchArchive(go: string, archive: string): Promise<void> {
  const { module, version, sum } = TEMPORAL_UI;
  const { stdout } = await execa(go, ['mod', 'download', '-json', `${module}@v${version}`], { cwd: '/' });
  const { Zip: zip, Sum: actual } = downloadedSchema.parse(JSON.parse(stdout));
  if (actual !== sum) throw new Error(`what was downloaded is not what was pinned (${actual}, not ${sum})`);
  await mkdir(dirname(archive), { recursive: true });
  const temporary = `${archive}.${randomBytes(6).toString('hex')}`;
  try {
    await copyFile(zip, temporary);
    await rename(temporary, archive);
  } finally {
    await rm(temporary, { force: true }); // removes a failed copy
  }
}
