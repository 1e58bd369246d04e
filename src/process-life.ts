// Runs one of Slipway's processes until a stop is requested, and prints an error if the process fails.
import { SlipwayError } from './contract/errors.js';
import { hint, translate } from './contract/texts.js';
import { whenNpmShellEnds } from './npm-signals.js';

export interface Life {
  /** Resolves when a stop is requested. */
  stop: Promise<void>;
  readonly stopping: boolean;
}

/**
 * Runs `main`, then exits: with 0 after a requested stop, or with 1 and an error on stderr. If npm runs the process as
 * the named script, the end of npm's shell also requests a stop.
 */
export async function runProcess(main: (life: Life) => Promise<void>, npmScript?: string): Promise<void> {
  let stopping = false;
  const stop = new Promise<void>((resolve) => {
    const requestStop = (): void => {
      stopping = true;
      resolve();
    };
    process.once('SIGTERM', requestStop);
    process.once('SIGINT', requestStop);
    if (npmScript !== undefined) whenNpmShellEnds(npmScript, requestStop);
  });
  const life: Life = {
    stop,
    get stopping() {
      return stopping;
    },
  };
  try {
    await main(life);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${sentences(error)}\n`);
    process.exit(1);
  }
}

/** Returns the error's message and hint. For an unexpected error, returns its stack. */
export function sentences(error: unknown): string {
  if (!(error instanceof SlipwayError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const advice = hint(error.text, error.params, 'en');
  return [translate(error.text, error.params, 'en'), advice].filter(Boolean).join('. ');
}
