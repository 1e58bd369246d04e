import { expect, it } from '@jest/globals';
import { pathBelow, shownName } from '../../src/file-names.js';

it('a name in UTF-8 is displayed unchanged, and invalid names are displayed with escaped bytes', () => {
  expect(shownName(Buffer.from('café\\xff'))).toBe('café\\xff');
  expect(shownName(Buffer.from([0x63, 0xe9, 0x5c, 0x0a]))).toBe('c\\xe9\\x5c\\x0a');
});

it('a path below a folder keeps the bytes of both names', () => {
  expect(pathBelow('/é', Buffer.from([0xff])).toString('hex')).toBe('2fc3a92fff');
});
