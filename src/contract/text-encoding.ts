// The encodings that editors and shells of other systems write, told apart by their byte order marks. Pure.
const MARKS: readonly { encoding: 'utf-8' | 'utf-16le' | 'utf-16be'; bytes: readonly number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/** Without the mark; UTF-8 where there is none. Throws a `TypeError` for bytes that mean nothing in it, unless lenient. */
export function textOf(bytes: Uint8Array, isLenient = false): string {
  const mark = MARKS.find((one) => one.bytes.every((byte, at) => bytes[at] === byte));
  return new TextDecoder(mark?.encoding ?? 'utf-8', { fatal: !isLenient }).decode(bytes);
}
