import { expect, it } from 'vitest';
import { pathBelow, shownName } from '../../src/file-names.js';

it('a name of text is shown as it is, and of others each byte that no text holds', () => {
  expect(shownName(Buffer.from('café\\xff'))).toBe('café\\xff');
  expect(shownName(Buffer.from([0x63, 0xe9, 0x5c, 0x0a]))).toBe('c\\xe9\\x5c\\x0a');
});

it('a path below a folder keeps the bytes of both', () => {
  expect(pathBelow('/é', Buffer.from([0xff])).toString('hex')).toBe('2fc3a92fff');
});
