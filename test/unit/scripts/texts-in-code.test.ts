import { describe, expect, it } from '@jest/globals';
import { textsIn } from '../../../scripts/texts-in-code.js';

const found = (file: string, source: string): string[] => textsIn(file, source).map(({ text }) => text);

describe('texts in code', () => {
  it('summaries, descriptions of calls and help texts of options are found', () => {
    const source = `
      route({ summary: \`Start \${count} deployments\` });
      command.description('Deploy a folder').option('--ref <ref>', 'the branch ' + 'to deploy');
    `;
    expect(found('src/a.ts', source)).toEqual(['Start 1 deployments', 'the branch to deploy', 'Deploy a folder']);
  });

  it('the first argument of test() or it() is a title in files of tests only', () => {
    expect(found('src/a.ts', `test('is a call', 1); it('is a call', 2);`)).toEqual([]);
  });
});

describe('test titles in code', () => {
  const titles = (source: string): string[] => found('test/a.test.ts', source);

  it.each([
    `it('a stop frees the port', () => {})`,
    `test("a stop frees the port", () => {}, 1)`,
    `describe('a stop frees the port', () => {})`,
    `it.only('a stop frees the port', () => {})`,
    `itIf(missing !== 'an engine')('a stop frees the port', () => {})`,
    `itUnless(lacking('an engine')).failing('a stop frees the port', () => {})`,
    `it.each(['first try', 'second try'])('a stop frees the port', () => {})`,
    `it.each<[string]>([['first try']])('a stop frees the port', () => {})`,
    `it.each\`first | second\`('a stop frees the port', () => {})`,
    `describe.skip('a stop frees the port', () => {})`,
    `describeIf(missing).each(cases)('a stop frees the port', () => {})`,
    `it('a stop ' + 'frees the port', () => {})`,
    `it(\`a stop
       frees the port\`, () => {})`,
  ])('%s has a title', (source) => {
    expect(titles(source)).toEqual(['A stop frees the port']);
  });

  it('titles of a describe and of the tests in its body are found with their lines', () => {
    const source = `describe('the registry', () => {
      it('a row is stored', async () => {});
    });`;
    expect(textsIn('test/a.test.ts', source)).toEqual([
      { file: 'test/a.test.ts', line: 1, text: 'The registry' },
      { file: 'test/a.test.ts', line: 2, text: 'A row is stored' },
    ]);
  });

  it('a digit replaces each value that is inserted in a title', () => {
    expect(titles(`it.each(cases)('%s returns $status and $error.code', () => {})`)).toEqual(['1 returns 1 and 1']);
    expect(titles('it(`${name} returns ${status}`, () => {})')).toEqual(['1 returns 1']);
  });

  it.each([
    `pattern.test('a stop of it')`,
    `it.each(['first try', 'second try'])`,
    `it(name, () => {})`,
    `const body = { description: 'a bot that echoes' }`,
  ])('%s has no title', (source) => {
    expect(titles(source)).toEqual([]);
  });
});
