// Where the command line writes. On a terminal, nothing of a server's or an app's text controls it; a script gets it as is.
import { safeForTerminal } from './terminal-safe.js';

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

export function writeLine(output: Output, text: string): void {
  output.write(`${output.isTTY ? safeForTerminal(text) : text}\n`);
}
