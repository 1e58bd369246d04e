// Prints messages to the terminal while Slipway starts.
import { stdout } from 'node:process';

export function printLine(line = ''): void {
  console.log(line);
}

/**
 * Prints a line that counts the seconds of long work. Without a terminal, it prints one line at the start and one at
 * the end.
 */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  const seconds = (): number => Math.round((Date.now() - startedAt) / 1000);
  const live = stdout.isTTY;
  const show = (): void => void stdout.write(`\r${what} … ${seconds()} s `);
  if (!live) printLine(`${what} …`);
  const timer = live ? setInterval(show, 1000) : undefined;
  try {
    const result = await work();
    if (live) stdout.write('\r');
    printLine(`${what}: done in ${seconds()} s`);
    return result;
  } catch (error) {
    if (live) stdout.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
