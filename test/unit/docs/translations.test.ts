// A translated page has the headings, commands and links of the page in English.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const SUFFIX = '.zh-TW.md';
const translated = [
  ...readdirSync(PROJECT),
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((name) => name.endsWith(SUFFIX));

const read = (page: string): string => readFileSync(join(PROJECT, page), 'utf8');
const headingLevels = (text: string): string[] =>
  [...text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^(#+) /gm)].map(([, level]) => level!);
const codeBlocks = (text: string): string[] => [...text.matchAll(/^```.*?^```$/gms)].map(([block]) => block);
/** A page in English may have a translation, to which the translated page links. Links to the other language don't count. */
const links = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!.replace(SUFFIX, '.md'));

it('the README, the tutorial and two guides are translated', () => {
  expect(translated.sort()).toEqual([
    'README.zh-TW.md',
    'docs/how-to/deploy-a-bot.zh-TW.md',
    'docs/how-to/one-server.zh-TW.md',
    'docs/tutorial/first-deployment.zh-TW.md',
  ]);
});

it.each(translated)('%s has the headings, commands and links of the English page', (page) => {
  const [here, english] = [read(page), read(page.replace(SUFFIX, '.md'))];
  expect(headingLevels(here)).toEqual(headingLevels(english));
  expect(codeBlocks(here)).toEqual(codeBlocks(english));
  expect(links(here)).toEqual(links(english));
});
