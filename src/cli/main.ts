// The entry point of the CLI: runs a command, and prints errors. Exit code: 0 done, 1 failed, 2 wrong usage, 130
// interrupted.
import { CommanderError } from 'commander';
import { API_VERSION } from '../contract/views.js';
import { EXIT } from './errors.js';
import { createProgram, helpWidthOf } from './program.js';

// With `slipway list | head`, the CLI ends when head ends.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.done);
});

try {
  await createProgram(API_VERSION, helpWidthOf(process.stdout)).parseAsync();
} catch (error) {
  process.exitCode = await exitCodeOf(error);
}

async function exitCodeOf(error: unknown): Promise<number> {
  // commander has already printed the error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof DOMException && error.name === 'AbortError') return EXIT.interrupted;
  const { printError } = await import('./failure.js');
  printError(error, process.argv.includes('--json'));
  return EXIT.failed;
}
