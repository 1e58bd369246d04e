// The context of every command: the Slipway to call, the language, and the output.
import type { Command } from 'commander';
import { homeDataDir, type ClientConfig } from '../config.js';
import type { Language } from '../contract/states.js';
import { lineOf, wordOf, type CliLine, type CliWord, type LineParams, type PlainLine } from './texts.js';
import { createClient, type Client } from './client.js';
import { findSlipway, type Wanted } from './find.js';
import { writeJson, writeLine } from './output.js';
import { facts, paintOf, table, type Paint } from './render.js';

export interface Globals {
  json?: true;
  url?: string;
  key?: string;
  asUser?: string;
  asGuild?: string;
}

export interface Context {
  config: ClientConfig;
  language: Language;
  isJson: boolean;
  paint: Paint;
  wanted: Wanted;
  /** Created on first use, because not every command calls a Slipway. */
  readonly client: Client;
  line: <K extends CliLine>(key: K, ...params: LineParams<K>) => string;
  word: (key: CliWord) => string;
  print: (text: string) => void;
  /** Prints a note to stderr, because a script may read stdout. */
  note: (text: string) => void;
  printJson: (body: unknown) => void;
  /** `empty` is printed if there are no rows. */
  printTable: (head: readonly CliWord[], rows: readonly (readonly string[])[], empty?: PlainLine) => void;
  printFacts: (rows: readonly (readonly [CliWord, string | undefined])[]) => void;
}

/** Creates the context when an action runs, because reading the configuration takes longer than printing help. */
export async function contextOf(command: Command): Promise<Context> {
  const { readClientConfig } = await import('../config.js');
  const { whenNpmShellEnds } = await import('../npm-signals.js');
  whenNpmShellEnds('npx', () => process.kill(process.pid, 'SIGTERM')); // npx itself received this signal
  const { json, url, key, asUser: user, asGuild: guild } = command.optsWithGlobals<Globals>();
  const config = readClientConfig();
  const { language } = config;
  const paint = paintOf(process.stdout.isTTY && !config.noColour);
  const wanted = {
    url: url ?? config.url,
    key: key ?? config.key,
    dataDir: config.dataDir,
    cwd: process.cwd(),
    homeDataDir: homeDataDir(config.environment),
  };
  let client: Client | undefined;
  const print = (text: string): void => {
    writeLine(process.stdout, text);
  };
  return {
    config,
    language,
    isJson: json === true,
    paint,
    wanted,
    get client() {
      client ??= createClient(findSlipway(wanted), language, { user, guild });
      return client;
    },
    line: (name, ...params) => lineOf(language, name, ...params),
    word: (name) => wordOf(name, language),
    print,
    note: (text) => {
      writeLine(process.stderr, text);
    },
    printJson: (body) => writeJson(process.stdout, JSON.stringify(body)),
    printTable(head, rows, empty) {
      if (rows.length === 0 && empty !== undefined) print(lineOf(language, empty));
      else
        print(
          table(
            head.map((name) => wordOf(name, language)),
            rows,
            paint,
            (process.stdout.isTTY && process.stdout.columns) || undefined, // some terminals report 0
          ),
        );
    },
    printFacts(rows) {
      print(
        facts(
          rows.map(([name, value]) => [wordOf(name, language), value] as const),
          paint,
        ),
      );
    },
  };
}
