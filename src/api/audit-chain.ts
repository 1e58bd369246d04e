// Builds and verifies the hash chain of an audit trail: each line contains the digest of the line before.
import { createHash } from 'node:crypto';

/**
 * The chain fields of an entry. Each start of the API has its own chain, so that several processes can write one file
 * without a lock. Lines of a chain are numbered from 1. The first line contains the digest of the last line that the
 * process found.
 */
export interface ChainLink {
  chain: string;
  seq: number;
  /** SHA-256 of the line before, without its newline. Empty for the very first line. */
  prev: string;
}

export const digestOfLine = (line: string): string => createHash('sha256').update(line, 'utf8').digest('hex');

export interface ChainBreak {
  file: string;
  /** Counts from 1. */
  line: number;
  reason: 'changed_or_missing' | 'missing_before' | 'not_chained';
}

export interface ChainReport {
  whole: boolean;
  lines: number;
  /** Lines from before lines were chained. */
  unchained: number;
  /** Lines that aren't valid JSON, because a process or a disk failed during the write. */
  torn: number;
  /** True if the first line ever written still exists. */
  complete: boolean;
  breaks: ChainBreak[];
  first_at: string | null;
  last_at: string | null;
  /**
   * The digest of the last line. If an operator stores this value elsewhere, a later check can detect a truncated
   * trail.
   */
  head: string | null;
}

/** The maximum number of breaks to list. More breaks don't help to find a change. */
const MOST_BREAKS = 20;
/**
 * The maximum number of lines that other processes may write between a process's read of the last line and its own
 * first line.
 */
const RECENT_DIGESTS = 1000;

interface Line {
  file: string;
  number: number;
  text: string;
  /** True if rotation may have removed files before this line. */
  isInOldestFile: boolean;
}

export function createChainCheck() {
  const ends = new Map<string, { seq: number; digest: string }>();
  const recent: string[] = [];
  const report: Omit<ChainReport, 'whole'> = {
    lines: 0,
    unchained: 0,
    torn: 0,
    complete: false,
    breaks: [],
    first_at: null,
    last_at: null,
    head: null,
  };

  return {
    add(line: Line): void {
      if (line.text === '') return;
      report.lines += 1;
      const entry = entryOf(line.text);
      if (!entry) {
        report.torn += 1;
        return;
      }
      const reason = faultOf(entry, line.isInOldestFile);
      if (reason && report.breaks.length < MOST_BREAKS)
        report.breaks.push({ file: line.file, line: line.number, reason });
      const digest = digestOfLine(line.text);
      const at = typeof entry.at === 'string' ? entry.at : null;
      if (isChained(entry)) ends.set(entry.chain, { seq: entry.seq, digest });
      recent.push(digest);
      if (recent.length > RECENT_DIGESTS) recent.shift();
      report.first_at ??= at;
      report.last_at = at ?? report.last_at;
      report.head = digest;
    },
    report: (): ChainReport => ({ whole: report.breaks.length === 0, ...report }),
  };

  function faultOf(entry: Partial<ChainLink>, isInOldestFile: boolean): ChainBreak['reason'] | undefined {
    const isFirst = recent.length === 0;
    if (!isChained(entry)) {
      if (isFirst) report.complete = true;
      if (ends.size > 0) return 'not_chained';
      report.unchained += 1;
      return undefined;
    }
    const end = ends.get(entry.chain);
    if (end) return entry.seq === end.seq + 1 && entry.prev === end.digest ? undefined : 'changed_or_missing';
    if (entry.seq > 1) return isInOldestFile && !report.complete ? undefined : 'missing_before';
    if (isFirst) {
      report.complete = entry.prev === '';
      return undefined;
    }
    return recent.includes(entry.prev) ? undefined : 'missing_before';
  }
}

function entryOf(text: string): (Partial<ChainLink> & { at?: unknown }) | undefined {
  try {
    const entry = JSON.parse(text) as unknown;
    return typeof entry === 'object' && entry !== null ? entry : undefined;
  } catch {
    return undefined; // counted as torn
  }
}

const isChained = (entry: Partial<ChainLink>): entry is ChainLink =>
  typeof entry.chain === 'string' && typeof entry.seq === 'number' && typeof entry.prev === 'string';
