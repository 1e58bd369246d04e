import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/slipway.js';

/** Returns the blocks of shell commands under a heading of a page in docs/how-to: the tests run exactly these. */
export function documented(page: string, heading: string): string[] {
  const text = readFileSync(join(PROJECT, 'docs/how-to', page), 'utf8');
  const section = text.split(/^#+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands]) => commands!);
  if (blocks.length === 0) throw new Error(`docs/how-to/${page} has no commands under "${heading}"`);
  return blocks;
}
