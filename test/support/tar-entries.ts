// Entries of a tar as bytes, also such as a writer of text can't make.
import { Header, type HeaderData } from 'tar';

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);

export function tarEntry(path: string, content: Buffer | string = '', more: HeaderData = {}): Buffer {
  const block = Buffer.alloc(512);
  const body = Buffer.from(content);
  const fields = { path, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), size: body.length };
  new Header({ ...fields, type: 'File', ...more }).encode(block);
  return Buffer.concat([block, padded(body)]);
}

/** Of an extended header: its length counts its own digits. */
export function tarRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (rest.length + String(length).length !== length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

export const tarRecords = (...records: Buffer[]): Buffer =>
  tarEntry('PaxHeader/x', Buffer.concat(records), { type: 'ExtendedHeader' });

/**
 * As an engine writes it: a name that is long or not ASCII is told in a record before, and what fits of it is in the
 * header. For Go a control character is ASCII.
 */
export function goEntry(path: Buffer, content = '', more: HeaderData = {}): Buffer {
  const inHeader = path.filter((byte) => byte > 0 && byte < 0x80).subarray(0, 100);
  const entry = tarEntry(Buffer.from(inHeader).toString(), content, more);
  return path.equals(inHeader) ? entry : Buffer.concat([tarRecords(tarRecord('path', path)), entry]);
}

export const TAR_END = Buffer.alloc(1024);
