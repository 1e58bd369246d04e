import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { judgeEntry, type ArchiveEntry } from '../../contract/archives.js';
import type { Source } from '../../contract/requests.js';
import { SlipwayError } from '../../contract/errors.js';
import { messageOf } from '../../contract/texts.js';
import { uploadFile, uploadUse } from '../../contract/layout.js';
import {
  addEntry,
  judgeTotals,
  MAX_SOURCE_BYTES,
  MAX_SOURCE_ENTRIES,
  noTotals,
  type SourceTotals,
} from '../../contract/source-limits.js';
import { assertRoom } from '../disk-errors.js';
import type { DiskPort } from '../ports/disk-port.js';
import type { BrokenArchiveError } from '../ports/tar.js';
import { isExcludedName } from '../../contract/source-exclusions.js';
import type { FetchedSource, Fetching } from './fetching.js';
import { mustBeShallow } from './source-budget.js';
import { within } from './subdirectory.js';

/** The bytes of a tar around each entry: header, long name, padding. */
const BYTES_AROUND_ENTRY = 4096;
/** The number of characters of a long name that an error repeats. */
const NAME_SHOWN = 200;

/**
 * Unpacks an upload. Checks all entries before it unpacks a byte. If the archive has a single folder at its top, the
 * folder is the project.
 */
export async function fetchArchive(
  { ports, settings, ref, workFolder, signal }: Fetching,
  { upload_id: upload, subdirectory }: Extract<Source, { type: 'archive' }>,
): Promise<FetchedSource> {
  const { disk, unpacker } = ports;
  const file = uploadFile(settings.layout, upload);
  if (!(await disk.exists(file))) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.upload_gone', params: { upload } });
  }
  const unpacked = join(workFolder, 'unpacked');
  await disk.makeFolder(unpacked);
  await unlessBroken(async () => {
    const totals = noTotals();
    const judge = createJudge(totals);
    const visit = (entry: ArchiveEntry): void => {
      signal.throwIfAborted();
      judge(entry);
    };
    await disk.listArchive(file, visit, MAX_SOURCE_BYTES + MAX_SOURCE_ENTRIES * BYTES_AROUND_ENTRY);
    assertRoom((await disk.freeBytes(unpacked)) - totals.bytes);
    await unpacker.unpackArchive(file, unpacked, signal);
  });
  const digest = createHash('sha256').update(ref.deploymentId).digest('hex').slice(0, 32);
  await disk.writeAtomically(uploadUse(settings.layout, upload, digest), ref.deploymentId);
  const isThere = subdirectory !== undefined && (await disk.exists(join(unpacked, subdirectory)));
  return within({ ports }, isThere ? unpacked : await rootOf(disk, unpacked), subdirectory);
}

/** Returns the single folder at the top. If this folder is a package to run, returns the folder around it. */
async function rootOf(disk: Pick<DiskPort, 'list'>, unpacked: string): Promise<string> {
  const [only, ...others] = (await disk.list(unpacked)).filter(({ name }) => !isExcludedName(name));
  if (only?.kind !== 'folder' || others.length > 0) return unpacked;
  const folder = join(unpacked, only.name);
  const names = (await disk.list(folder)).map(({ name }) => name);
  const isPackage = PACKAGE_FILES.every((name) => names.includes(name));
  return isPackage && !names.some((name) => OF_A_PROJECT.includes(name)) ? unpacked : folder;
}

const PACKAGE_FILES = ['__init__.py', '__main__.py'];
const OF_A_PROJECT = ['pyproject.toml', 'requirements.txt', 'setup.py', 'Procfile', 'Dockerfile'];

/**
 * Returns a check of entries that adds up their sizes. A zip bomb is rejected by its headers, before its content is
 * unzipped.
 */
function createJudge(totals: SourceTotals): (entry: ArchiveEntry) => void {
  return (entry) => {
    addEntry(totals, entry.sizeBytes, entry.path, entry.linkPath ?? '');
    const params = { path: entry.path.slice(0, NAME_SHOWN) };
    const wrong = judgeEntry(entry);
    if (wrong) throw new SlipwayError('source_invalid', messageOf(wrong, params));
    mustBeShallow(entry.path);
    const tooMuch = judgeTotals(totals);
    if (tooMuch) throw new SlipwayError('source_invalid', tooMuch);
  };
}

async function unlessBroken(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!isBroken(cause)) throw cause;
    const { message: reason, facts } = cause;
    if (facts.entry === undefined)
      throw new SlipwayError('source_invalid', { text: 'source_invalid.broken_archive', params: { reason }, cause });
    const params = { path: facts.entry.slice(0, NAME_SHOWN), reason };
    throw new SlipwayError('source_invalid', { text: 'source_invalid.bad_entry', params, cause });
  }
}

const isBroken = (error: unknown): error is BrokenArchiveError =>
  error instanceof Error && error.name === 'BrokenArchiveError';
