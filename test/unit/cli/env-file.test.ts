import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseEnvFile } from '../../../src/cli/env-file.js';
import { collectVariables } from '../../../src/cli/variables.js';
import { onTestFinished } from '../../support/jest/test-end.js';

describe('values in an env file', () => {
  it.each([
    ['A=1', '1'],
    ['export A=1', '1'],
    ['  A =  spaced  ', 'spaced'],
    ['A=', ''],
    ['A=  # nothing', ''],
    ['A=yes # switch it off', 'yes'],
    ['A=pass#word', 'pass#word'],
    ['A=b=c==', 'b=c=='],
    ['A=it\'s "so"', 'it\'s "so"'],
    ['A="a-b-c" # production', 'a-b-c'],
    ['A="a # b"', 'a # b'],
    ["A='it is $HOME'", 'it is $HOME'],
    ['A="${HOME}"', '${HOME}'],
    ['A="first\\nsecond\\ttab"', 'first\nsecond\ttab'],
    ["A='first\\nsecond'", 'first\\nsecond'],
    ['A="say \\"hi\\""', 'say "hi"'],
    ["A='it\\'s \\\\'", "it's \\"],
    ['A="C:\\\\dir\\x"', 'C:\\dir\\x'],
    ['A="-----BEGIN-----\nMIIE\n-----END-----"', '-----BEGIN-----\nMIIE\n-----END-----'],
    ['A="one\r\ntwo"\r', 'one\ntwo'],
  ])('an env file line %j has the value %j', (text, value) => {
    expect(parseEnvFile(text)).toEqual([{ name: 'A', value }]);
  });

  it('comments and blank lines in an env file are ignored, and the last line needs no line break', () => {
    expect(parseEnvFile('# bot\n\n \t\nA=1\r\n  # why\nexport D="x"')).toEqual([
      { name: 'A', value: '1' },
      { name: 'D', value: 'x' },
    ]);
    expect(parseEnvFile('')).toEqual([]);
  });
});

describe('invalid lines in an env file', () => {
  it.each([
    ['A=1\nnot this\n', 'line', 2],
    ['A=1\n1B=2', 'line', 2],
    ['A.B=1', 'line', 1],
    ['AWS_SECRET_ACCESS_KEY', 'line', 1],
    ['A=1\nexport B # from here\n', 'line', 2],
    ['=1', 'line', 1],
    ['A="one\ntwo" three\n', 'line', 2],
    ['\n\nA="never closed\nB=2\n', 'quote', 3],
    ["A='", 'quote', 1],
  ])('an env file %j is refused with an invalid %s and the line number', (text, kind, line) => {
    expect(() => parseEnvFile(text)).toThrow(expect.objectContaining({ kind, line }));
  });
});

describe('env files', () => {
  function fileOf(content: string | Buffer): string {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-env-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const path = join(folder, '.env');
    writeFileSync(path, content);
    return path;
  }

  it('a variable on the command line overrides the same variable of an env file', () => {
    const path = fileOf('A=1\nE=e\n');
    expect(collectVariables([{ name: 'A', value: '9' }], [path], {})).toEqual({ A: '9', E: 'e' });
  });

  it('an env file in UTF-8 with a byte order mark or in UTF-16 is parsed', () => {
    const text = 'A=日本\r\nB=2\r\n';
    const little = Buffer.from(text, 'utf16le');
    const files = [
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]),
      Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(little).swap16()]),
    ];
    for (const file of files) expect(collectVariables([], [fileOf(file)], {})).toEqual({ A: '日本', B: '2' });
  });

  it.each([
    ['A=1\nnot this\n', 'env_file_line', { line: 2 }],
    ['A="1\n', 'env_file_quote', { line: 1 }],
    [Buffer.from([0x41, 0x3d, 0xff]), 'env_file_encoding', {}],
  ])('an invalid env file is refused with its path and the position of the error: %j', (content, key, where) => {
    const path = fileOf(content);
    const params = { path, ...where };
    expect(() => collectVariables([], [path], {})).toThrow(expect.objectContaining({ key, params }));
  });

  it('a missing env file is reported as unreadable', () => {
    expect(() => collectVariables([], ['/nowhere/.env'], {})).toThrow(expect.objectContaining({ key: 'unreadable' }));
  });
});
