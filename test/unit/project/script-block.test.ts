import { expect, it } from '@jest/globals';
import { scriptDependencies } from '../../../src/activities/project/script-block.js';

const block = (...lines: string[]): string => ['# /// script', ...lines, '# ///', 'import six', ''].join('\n');

it.each([
  [
    block('# requires-python = ">=3.11"', '# dependencies = [', '#   "six",', '#   "flask>=3",', '# ]'),
    ['six', 'flask>=3'],
  ],
  [`#!/usr/bin/env python3\r\n${block('# dependencies = ["six"]').replaceAll('\n', '\r\n')}`, ['six']],
  [block('#', '# dependencies = ["six"]'), ['six']],
  [block('# dependencies = []'), []],
  [block('# dependencies = ['), []],
  [block('dependencies = ["six"]'), []],
  ['# /// script\n# dependencies = ["six"]\nimport six\n', []],
  ['# /// scripts\n# dependencies = ["six"]\n# ///\n', []],
  ['print("# /// script")\n', []],
  ['', []],
])('the script %j has the dependencies %j', (text, dependencies) => {
  expect(scriptDependencies(text)).toEqual(dependencies);
});
