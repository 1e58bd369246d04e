// Detects text encodings by their byte order marks. Editors and shells on other systems write files in these encodings.
const MARKS: readonly { encoding: 'utf-8' | 'utf-16le' | 'utf-16be'; bytes: readonly number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/**
 * Decodes bytes and removes the byte order mark. Defaults to UTF-8. Throws a `TypeError` for invalid bytes, unless
 * `isLenient`.
 */
export function textOf(bytes: Uint8Array, isLenient = false): string {
  const mark = MARKS.find((candidate) => candidate.bytes.every((byte, at) => bytes[at] === byte));
  return new TextDecoder(mark?.encoding ?? 'utf-8', { fatal: !isLenient }).decode(bytes);
}
