// Clocks that are not those of this machine, by libfaketime.
import { existsSync, readdirSync } from 'node:fs';

/** Where Debian has it, for whichever processor. */
const FAKETIME = readdirSync('/usr/lib')
  .map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** Why there can be no other clocks here; undefined when there can. */
export const missing =
  FAKETIME === undefined && process.env['CI'] === undefined ? 'there is no libfaketime' : undefined;

export const OFFSETS = ['+6s', '-6s', '+60s', '-60s', '+1h', '-1h'] as const;

/** The environment of Node, and of the keepers of its apps. A server in Go reads the clock past it. */
export const clockAt = (offset: string): Record<string, string> => ({
  LD_PRELOAD: FAKETIME ?? '',
  FAKETIME: offset,
  DONT_FAKE_MONOTONIC: '1',
});
