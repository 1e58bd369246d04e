// Defines the messages between the worker and its parser child: one JSON document a line.
import { SlipwayError, type ErrorCode } from '../../../contract/errors.js';
import type { TextKey, TextParams } from '../../../contract/texts.js';
import type { ParserInput, ParserName } from '../../project/parsers.js';

export interface ParserRequest<N extends ParserName = ParserName> {
  name: N;
  input: ParserInput<N>;
}

export type ParserAnswer =
  /** Sent once, when the child is ready for its first request. */
  | { kind: 'ready' }
  | { kind: 'parsed'; output: unknown; cpuMs: number }
  | { kind: 'refused'; code: ErrorCode; text: TextKey; params: TextParams; cpuMs: number }
  /** An error that isn't a rejection: a defect of a parser, or a project that is nested too deeply. */
  | { kind: 'failed'; reason: string; isOverflow: boolean; cpuMs: number };

export function answerOf(error: unknown, cpuMs: number): ParserAnswer {
  if (error instanceof SlipwayError) {
    return { kind: 'refused', code: error.code, text: error.text, params: error.params, cpuMs };
  }
  const isOverflow = error instanceof RangeError; // the stack overflows, or a text is longer than V8 allows
  return { kind: 'failed', reason: error instanceof Error ? error.message : String(error), isOverflow, cpuMs };
}
