// Writes the CLI's output. In a terminal, control sequences in texts of servers and apps are removed, and those in JSON
// are escaped. Scripts get the texts unchanged.
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { jsonForTerminal, safeForTerminal } from './terminal-safe.js';

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

export function writeLine(output: Output, text: string): void {
  output.write(`${output.isTTY ? safeForTerminal(text) : text}\n`);
}

/** Writes one JSON text and a line feed. */
export function writeJson(output: Output, json: string): void {
  output.write(`${output.isTTY ? jsonForTerminal(json) : json}\n`);
}

/** Copies a body of JSON lines as it arrives. Its bytes only change in a terminal. Doesn't end the output. */
export async function copyJsonLines(
  body: AsyncIterable<Uint8Array>,
  output: Writable & { isTTY?: boolean },
): Promise<void> {
  await pipeline(output.isTTY ? escaped(body) : body, output, { end: false });
}

/** A character may be split between two chunks. */
async function* escaped(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield jsonForTerminal(decoder.decode(chunk, { stream: true }));
  yield decoder.decode();
}
