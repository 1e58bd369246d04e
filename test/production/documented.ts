import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/slipway.js';

/** The shell commands that docs/how-to/production.md gives under a heading, block by block: the tests run these very ones. */
export function documented(heading: string): string[] {
  const page = readFileSync(join(PROJECT, 'docs/how-to/production.md'), 'utf8');
  const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands]) => commands!);
  if (blocks.length === 0) throw new Error(`docs/how-to/production.md gives no commands under "${heading}"`);
  return blocks;
}
