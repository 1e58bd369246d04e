// Rewrites names in a tar for node-tar, which reads names as text. node-tar drops a name that it can't decode, and uses
// the short name in the header, which can be another file's. This module finds the headers in the same way as node-tar.
import { isUtf8 } from 'node:buffer';
import { Transform, type TransformCallback } from 'node:stream';
import { Header, Pax } from 'tar';

const BLOCK = 512;
/** The longest description that readers accept. */
const MOST_BYTES = 1024 * 1024;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const NAMED = ['path', 'linkpath'];
const OF_ALL = 'GlobalExtendedHeader';
const OF_RECORDS = ['ExtendedHeader', 'OldExtendedHeader'];
const OF_PATHS = ['NextFileHasLongPath', 'OldGnuLongPath'];
const DESCRIBING = [OF_ALL, ...OF_RECORDS, ...OF_PATHS, 'NextFileHasLongLinkpath'];

/** Returns the text that replaces one part of a path. */
export type StandIn = (name: Buffer) => string;

/** A name with U+FFFD, which the check of archive entries refuses. */
export const replacement: StandIn = (name) => name.toString().replaceAll('\n', '\ufffd');

/**
 * Passes a tar on with the same entries. The descriptions before an entry's header arrive in one piece, and each part
 * of a path that isn't a line of UTF-8 is replaced.
 */
export class TarNames extends Transform {
  #waiting: Buffer = Buffer.alloc(0);
  /** The bytes of the current file's content that haven't arrived yet. */
  #content = 0;
  /** The number of null blocks in a row; two end a tar. */
  #nullBlocks = 0;
  /** The descriptions of the next entry and of all entries, which can be the only place of a size. */
  #next: Pax | undefined;
  #all: Pax | undefined;

  constructor(private readonly standIn: StandIn) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = this.#waiting.length > 0 ? Buffer.concat([this.#waiting, chunk]) : chunk;
    for (let taken = this.#take(rest); taken > 0; taken = this.#take(rest)) rest = rest.subarray(taken);
    this.#waiting = rest;
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.#waiting.length > 0) this.push(this.#waiting); // the tar is truncated, which its reader reports
    done();
  }

  /** Passes on the complete part at the beginning, and returns its number of bytes. */
  #take(bytes: Buffer): number {
    if (this.#content > 0) return this.#takeContent(bytes);
    if (bytes.length < BLOCK) return 0;
    const header = headerIn(bytes, this.#next, this.#all);
    this.#nullBlocks = header?.nullBlock ? this.#nullBlocks + 1 : 0;
    if (header && describesNext(header) && (header.size ?? 0) <= MOST_BYTES) return this.#takeWhole(bytes, header);
    this.push(bytes.subarray(0, BLOCK));
    if (this.#nullBlocks === 2) this.#content = Infinity;
    if (header && !header.nullBlock) this.#enter(header);
    return BLOCK;
  }

  #enter({ size = 0 }: Header): void {
    this.#content = padded(size);
    this.#next = undefined;
  }

  #takeContent(bytes: Buffer): number {
    const content = bytes.subarray(0, this.#content);
    if (content.length > 0) this.push(content);
    this.#content -= content.length;
    return content.length;
  }

  /**
   * Passes on a whole description, because node-tar decodes each piece separately, even if a piece ends within a
   * character.
   */
  #takeWhole(bytes: Buffer, { type, size = 0 }: Header): number {
    const length = BLOCK + padded(size);
    if (bytes.length < length) return 0;
    const body = bytes.subarray(BLOCK, BLOCK + size);
    const readable = OF_RECORDS.includes(type) ? this.#withNames(body) : body;
    this.#note(type, readable.toString());
    this.push(readable.equals(body) ? bytes.subarray(0, length) : withBody(bytes.subarray(0, BLOCK), readable));
    return length;
  }

  /** Uses the text that node-tar gets, because a line in a name can look like a record. */
  #note(type: string, text: string): void {
    if (type === OF_ALL) this.#all = Pax.parse(text, this.#all, true);
    if (OF_RECORDS.includes(type)) this.#next = Pax.parse(text, this.#next);
    if (OF_PATHS.includes(type))
      this.#next = Object.assign(new Pax(this.#next ?? {}), { path: text.replace(/\0.*/, '') });
  }

  #withNames(body: Buffer): Buffer {
    const records = recordsIn(body);
    return records ? Buffer.concat(records.map((record) => this.#readable(record))) : body;
  }

  #readable(record: Buffer): Buffer {
    const [key = '', ...values] = record
      .subarray(record.indexOf(SPACE) + 1, -1)
      .toString('latin1')
      .split('=');
    if (!NAMED.includes(key)) return record;
    const names = values
      .join('=')
      .split('/')
      .map((letters) => Buffer.from(letters, 'latin1')); // each character is a byte
    if (names.every(isReadable)) return record;
    return recordOf(key, names.map((name) => (isReadable(name) ? name.toString() : this.standIn(name))).join('/'));
  }
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** Returns undefined if the block isn't a header, which node-tar reports. */
function headerIn(block: Buffer, next: Pax | undefined, all: Pax | undefined): Header | undefined {
  try {
    const header = new Header(block, 0, next, all);
    return header.cksumValid || header.nullBlock ? header : undefined;
  } catch {
    return undefined;
  }
}

/** Returns true for a header that describes the entries after it. */
const describesNext = ({ type }: Header): boolean => DESCRIBING.includes(type);

const isReadable = (name: Buffer): boolean => isUtf8(name) && !name.includes(NEWLINE);

/** Returns the records `<length of the record> <key>=<value>\n`. Undefined if the body has another form. */
function recordsIn(body: Buffer): Buffer[] | undefined {
  const records: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const length = Number.parseInt(body.toString('latin1', at, at + 20), 10);
    const record = body.subarray(at, at + length);
    if (!(length > 0) || record.at(-1) !== NEWLINE) return undefined;
    records.push(record);
    at += length;
  }
  return records;
}

/** Returns a record. The record's length includes the digits of the length. */
function recordOf(key: string, value: string): Buffer {
  const text = Buffer.from(` ${key}=${value}\n`);
  let length = text.length;
  while (text.length + String(length).length !== length) length = text.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), text]);
}

function withBody(block: Buffer, body: Buffer): Buffer {
  const whole = Buffer.alloc(BLOCK + padded(body.length));
  block.copy(whole);
  const header = new Header(block);
  header.size = body.length;
  header.encode(whole);
  body.copy(whole, BLOCK);
  return whole;
}
