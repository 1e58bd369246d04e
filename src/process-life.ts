// The life of one of Slipway's own processes: it runs until it is asked to stop, and says in a sentence why it can't.
import { SlipwayError } from './contract/errors.js';
import { hint, say } from './contract/texts.js';
import { whenNpmShellEnds } from './npm-shell.js';

export interface Life {
  /** Resolves when a stop is asked for. */
  stop: Promise<void>;
  readonly stopping: boolean;
}

/**
 * Runs `main`, then exits: 0 when it ended as asked, 1 with a sentence on stderr when it failed. Where npm runs it as the
 * script of that name, the end of npm's shell asks for a stop, too.
 */
export async function runProcess(main: (life: Life) => Promise<void>, npmScript?: string): Promise<void> {
  let stopping = false;
  const stop = new Promise<void>((resolve) => {
    const asked = (): void => {
      stopping = true;
      resolve();
    };
    process.once('SIGTERM', asked);
    process.once('SIGINT', asked);
    if (npmScript !== undefined) whenNpmShellEnds(npmScript, asked);
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

/** What happened and what to do; of an error that nobody foresaw, all there is. */
export function sentences(error: unknown): string {
  if (!(error instanceof SlipwayError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const advice = hint(error.text, error.params, 'en');
  return [say(error.text, error.params, 'en'), advice].filter(Boolean).join('. ');
}
