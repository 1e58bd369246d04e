// File names that no text stands for, as an app may choose them: Linux forbids but `/` and NUL.

const ALLOWED = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0 && byte !== 0x2f);

/** One for each byte that a name may hold, one of all of them, and a longest one. */
export const ODD_NAMES: readonly Buffer[] = [
  ...ALLOWED.map((byte) => Buffer.from([0x6e, byte])),
  Buffer.from(ALLOWED),
  Buffer.alloc(255, 0xff),
];

export const below = (folder: string | Buffer, ...names: (string | Buffer)[]): Buffer =>
  Buffer.concat([Buffer.from(folder), ...names.flatMap((name) => [Buffer.from('/'), Buffer.from(name)])]);
