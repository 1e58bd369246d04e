// Every link between the project's pages leads to a file and a heading that exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import GithubSlugger from 'github-slugger';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDERS = ['docs', 'deploy', 'examples'];
const pages = [PROJECT, ...FOLDERS.map((folder) => join(PROJECT, folder))].flatMap((folder) =>
  readdirSync(folder, { recursive: folder !== PROJECT, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

/** The page without its code, in which brackets mean something else. */
const proseOf = (page: string): string =>
  readFileSync(page, 'utf8')
    .replaceAll(/^ *```.*?^ *```$/gms, '')
    .replaceAll(/`[^`\n]+`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));

function headingsOf(page: string): Set<string> {
  const slugger = new GithubSlugger();
  const text = readFileSync(page, 'utf8').replaceAll(/^ *```.*?^ *```$/gms, '');
  return new Set(
    [...text.matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) => slugger.slug(heading.replaceAll('`', ''))),
  );
}

it.each(pages.map((page) => relative(PROJECT, page)))('%s links only to files and headings that exist', (name) => {
  const page = join(PROJECT, name);
  const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const broken = targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', heading] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (!existsSync(file)) return true;
    return heading !== undefined && !headingsOf(file).has(heading);
  });
  expect(broken).toEqual([]);
});
