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
  const digits = rest.length + 2 > 99 ? 3 : 2;
  return Buffer.concat([Buffer.from(String(rest.length + digits)), rest]);
}

export const tarRecords = (...records: Buffer[]): Buffer =>
  tarEntry('PaxHeader/x', Buffer.concat(records), { type: 'ExtendedHeader' });

/** As an engine writes it: a name that is not plain ASCII is told before, and what is left of it in the header. */
export function goEntry(path: Buffer, content = '', more: HeaderData = {}): Buffer {
  const plain = path.toString('latin1').replace(/[^ -~]/g, '');
  return Buffer.concat([tarRecords(tarRecord('path', path)), tarEntry(plain, content, more)]);
}

export const TAR_END = Buffer.alloc(1024);
