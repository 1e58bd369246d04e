// Sends a log as a response: the whole log, or its last lines.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { translate } from '../contract/texts.js';
import { languageOf } from './language.js';
import { MOST_TAIL_BYTES, readLogEnd, type LogEnd } from './log-end.js';
import { asText, readLog, wantedBy, type LogFilter, type LogLine } from './logs.js';

/** The header that shows programs that earlier lines were left out. For people, the first line says the same. */
export const CUT_HEADER = 'X-Slipway-Log-Cut';
const MIB = 1024 ** 2;

export interface WantedLog {
  /** Oldest first. */
  files: readonly string[];
  filter: LogFilter;
  type: string;
}

export async function sendLog(req: Request, res: Response, { files, filter, type }: WantedLog): Promise<void> {
  const { tail: count } = filter;
  const end = count === undefined ? undefined : await readLogEnd(files, { count, ...wantedBy(filter) });
  res.type(type === 'text/plain' ? 'text/plain; charset=utf-8' : type);
  if (end?.isCut) res.set(CUT_HEADER, String(MOST_TAIL_BYTES));
  const format = type === 'text/plain' ? asText : (line: LogLine) => `${JSON.stringify(line)}\n`;
  const lines = end ? withNotice(end, req) : readLog(files, filter);
  async function* text(): AsyncGenerator<string> {
    for await (const line of lines) yield format(line);
  }
  await pipeline(Readable.from(text()), res);
}

function withNotice({ lines, isCut }: LogEnd, req: Request): LogLine[] {
  if (!isCut) return lines;
  const ts = lines[0]?.ts ?? new Date().toISOString();
  return [
    { ts, stream: 'slipway', line: translate('log.cut', { limit: MOST_TAIL_BYTES / MIB }, languageOf(req)) },
    ...lines,
  ];
}
