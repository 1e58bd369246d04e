// npm run check:prose: checks for plain English in the documentation, in the messages of locales/, and in the code's help texts.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { readConfig } from '../src/config.js';
import { format } from '../src/contract/texts.js';
import { builtProgram, findProgram, type GoProgram } from '../src/programs.js';
import { installWithGo } from '../src/start/temporal/go-build.js';
import { textsIn, type Text } from './texts-in-code.js';

/** Vale of another major version may read the rules in another way. */
const VALE: GoProgram = { module: 'github.com/vale-cli/vale/v3/cmd/vale', version: '3.21.0', as: 'vale' };
const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs', 'clients', 'deploy', 'examples', 'prose'];
const CODE = ['src', 'scripts', 'test'];

interface Finding {
  Line: number;
  Span: [number, number];
  Check: string;
  Message: string;
}

const config = readConfig();
const vale = (await findProgram('vale', config)) ?? (await builtProgram(config, VALE)) ?? (await builtWithGo());

const findings = [...(await inPages()), ...(await inCode())];
for (const finding of findings) console.log(finding);
if (findings.length > 0) console.log(`\n${findings.length} findings. prose/README.md says where the rules are.`);
process.exitCode = findings.length > 0 ? 1 : 0;

async function builtWithGo(): Promise<string> {
  if ((await findProgram('go', config)) === undefined)
    throw new Error('Vale is not on PATH. Install Vale 3 (vale.sh), or Go, with which this command builds it.');
  return installWithGo(config, VALE, 'Vale');
}

async function inPages(): Promise<string[]> {
  const found = await findingsOf(PAGES, PROJECT);
  return Object.entries(found).flatMap(([file, list]) =>
    list.map(({ Line, Span, Check, Message }) => `${file}:${Line}:${Span[0]} ${Message} (${Check})`),
  );
}

/** The texts of the code and of locales/en.json, one a paragraph of a page that is made for Vale. */
async function inCode(): Promise<string[]> {
  const texts = await messages();
  for (const folder of CODE) {
    const names = await readdir(join(PROJECT, folder), { recursive: true });
    for (const name of names.filter((each) => each.endsWith('.ts')).sort()) {
      const file = join(folder, name);
      texts.push(...textsIn(file, await readFile(join(PROJECT, file), 'utf8')));
    }
  }
  const folder = await mkdtemp(join(tmpdir(), 'slipway-prose-'));
  try {
    await writeFile(join(folder, 'texts.md'), texts.map(({ text }) => `${text}\n\n`).join(''));
    const found = await findingsOf(['texts.md'], folder);
    return Object.values(found).flatMap((list) =>
      list.map(({ Line, Check, Message }) => {
        const { file, line, text } = texts[(Line - 1) / 2]!;
        return `${file}:${line} ${Message} (${Check}): ${text}`;
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Each line of the file has at most one text. */
async function messages(): Promise<Text[]> {
  const file = 'locales/en.json';
  const lines = (await readFile(join(PROJECT, file), 'utf8')).split('\n');
  return lines.flatMap((line, index) => {
    const [, value] = /^\s*"[^"]*": (".*"),?$/.exec(line) ?? [];
    if (value === undefined) return [];
    const text = format(JSON.parse(value) as string, {}, 'en');
    return text.includes(' ') ? [{ file, line: index + 1, text: text.replaceAll(/[<>#]/g, '') }] : [];
  });
}

async function findingsOf(paths: string[], cwd: string): Promise<Record<string, Finding[]>> {
  const options = ['--config', join(PROJECT, '.vale.ini'), '--output', 'JSON', '--no-exit'];
  const { stdout } = await execa(vale, [...options, ...paths], { cwd });
  return JSON.parse(stdout) as Record<string, Finding[]>;
}
