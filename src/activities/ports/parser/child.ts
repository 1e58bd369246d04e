// The parser child: reads requests on stdin, runs pure parsers, writes answers on stdout. It ends with its stdin.
//
// The child opens no files, because the requests contain the texts. keeper/limited.py sets its limits beforehand.
import { createInterface } from 'node:readline';
import { PARSERS } from '../../project/parsers.js';
import { answerOf, type ParserAnswer, type ParserRequest } from './messages.js';

/** A test run that shows whether a user can run this program. */
if (process.argv.includes('--version')) process.exit(0);

const lineOf = (answer: ParserAnswer): string => `${JSON.stringify(answer)}\n`;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Returns an error as the answer if the answer is longer than V8's longest text. */
function answerLine(request: string): string {
  try {
    const { name, input } = JSON.parse(request) as ParserRequest; // only limited-parser.ts writes requests
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
