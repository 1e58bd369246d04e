// The parser child: reads requests on stdin, runs pure parsers, writes answers on stdout. It ends with its stdin.
//
// It opens no files: texts come in the requests. Its limits are set before this program begins (keeper/limited.py).
import { createInterface } from 'node:readline';
import { PARSERS } from '../../project/parsers.js';
import { answerOf, type ParserAnswer, type ParserRequest } from './messages.js';

/** A trial of whether some user can run this program at all. */
if (process.argv.includes('--version')) process.exit(0);

const lineOf = (answer: ParserAnswer): string => `${JSON.stringify(answer)}\n`;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** An answer may be too long for a text of V8: then that is the answer. */
function answerLine(request: string): string {
  try {
    const { name, input } = JSON.parse(request) as ParserRequest; // written by limited-parser.ts alone
    const parse = PARSERS[name] as (input: ParserRequest['input']) => unknown;
    return lineOf({ kind: 'parsed', output: parse(input), cpuMs: cpuMs() });
  } catch (error) {
    return lineOf(answerOf(error, cpuMs()));
  }
}

createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on('line', (line) => {
    process.stdout.write(answerLine(line));
  })
  .on('close', () => {
    process.exit(0);
  });
process.stdout.write(lineOf({ kind: 'ready' }));
