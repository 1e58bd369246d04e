// Declares commands: examples in the help, and actions that return an exit code.
import { Command, InvalidArgumentError } from 'commander';
import { contextOf, type Context } from './context.js';

/** Declares a command. If its action returns a number, this is the exit code; otherwise the exit code is 0. */
export function command(usage: string, summary: string, examples: readonly string[]): Command {
  const lines = examples.map((example) => (example.startsWith(' ') ? example : `  $ slipway ${example}`));
  return new Command(usage.split(' ')[0])
    .summary(summary)
    .description(`${summary}.`)
    .addHelpText('after', lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}`);
}

type Act<O> = (context: Context, options: O, ...args: string[]) => Promise<number | undefined> | Promise<void>;

/** Sets a command's action. Omitted arguments are undefined; the action's parameters declare which are optional. */
export function act<O extends object = object>(declared: Command, run: Act<O>): Command {
  return declared.action(async (...given: unknown[]) => {
    const self = given.at(-1) as Command;
    const context = await contextOf(self);
    const args = given.slice(0, -2) as string[];
    process.exitCode = (await run(context, self.opts<O>(), ...args)) ?? 0;
  });
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number, ${least}-${most}.`);
    return value;
  };
}

/** Collects the values of a repeatable option. */
export const several = (text: string, before: readonly string[] = []): string[] => [...before, text];
