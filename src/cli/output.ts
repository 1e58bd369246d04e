// Writes the CLI's output. In a terminal, control sequences in texts of servers and apps are removed. Scripts get the
// texts unchanged.
import { safeForTerminal } from './terminal-safe.js';

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

export function writeLine(output: Output, text: string): void {
  output.write(`${output.isTTY ? safeForTerminal(text) : text}\n`);
}
