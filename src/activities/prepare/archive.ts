import { join } from 'node:path';
import {
  judgeEntry,
  judgeTotals,
  MAX_ENTRIES,
  MAX_UNPACKED_BYTES,
  type ArchiveEntry,
  type ArchiveTotals,
} from '../../contract/archives.js';
import { SlipwayError } from '../../contract/errors.js';
import { uploadFile } from '../../contract/layout.js';
import type { BrokenArchiveError } from '../ports/tar.js';
import type { FetchedSource, Fetching } from './fetching.js';

/** A tar's own blocks for its entries: header, long name, padding. */
const BYTES_AROUND_ENTRY = 4096;
const MIB = 1024 ** 2;
/** How many letters of a hostile name an error repeats. */
const NAME_SHOWN = 200;

/** An upload: judged whole before a byte of it is unpacked. A single folder at its top is descended into. */
export async function fetchArchive(
  { ports: { disk }, settings, workFolder }: Fetching,
  upload: string,
): Promise<FetchedSource> {
  const file = uploadFile(settings.layout, upload);
  if (!(await disk.exists(file))) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.upload_gone', params: { upload } });
  }
  const unpacked = join(workFolder, 'unpacked');
  await disk.makeFolder(unpacked);
  await unlessBroken(async () => {
    await disk.listArchive(file, createJudge(), MAX_UNPACKED_BYTES + MAX_ENTRIES * BYTES_AROUND_ENTRY);
    await disk.unpackArchive(file, unpacked);
  });
  const [only, ...others] = await disk.list(unpacked);
  const hasOneFolder = only?.kind === 'folder' && others.length === 0;
  return { root: hasOneFolder ? join(unpacked, only.name) : unpacked };
}

/** Sums up as it goes, so that a bomb is refused by its headers, before its content is unzipped. */
function createJudge(): (entry: ArchiveEntry) => void {
  const totals: ArchiveTotals = { entries: 0, bytes: 0 };
  return (entry) => {
    totals.entries += 1;
    totals.bytes += entry.sizeBytes;
    const params = { path: entry.path.slice(0, NAME_SHOWN) };
    const wrong = judgeEntry(entry);
    if (wrong) throw new SlipwayError('source_invalid', { text: wrong, params });
    const tooMuch = judgeTotals(totals);
    const limit = tooMuch === 'source_invalid.too_many_entries' ? MAX_ENTRIES : MAX_UNPACKED_BYTES / MIB;
    if (tooMuch) throw new SlipwayError('source_invalid', { text: tooMuch, params: { limit } });
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
