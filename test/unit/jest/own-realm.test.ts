import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

it.each([
  ['an error of Node', thrownBy(() => readFileSync('/no/such/file')), Error],
  ['an error of the engine', thrownBy(() => JSON.parse('{')), SyntaxError],
  ['an error of an expression', thrownBy(() => (undefined as unknown as string).length), TypeError],
  ['an array', [], Array],
  ['a promise', (async () => Promise.resolve())(), Promise],
])('%s in a test has the class that Node gives it', (_what, value, itsClass) => {
  expect(value).toBeInstanceOf(itsClass);
});
