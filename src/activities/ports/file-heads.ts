// Reads the first bytes of files in a folder in which other users may write, without waiting for any file.
import * as fs from 'node:fs/promises';
import { ifThere } from '../../files.js';
import { withFile, withFolder } from './open-folder.js';

/** See `DiskPort.findInHeads`. A folder that is a link counts as empty. */
export async function findInHeads<T>(
  folder: string,
  maxBytes: number,
  find: (head: string) => T | undefined,
): Promise<T | undefined> {
  return withFolder(folder, async (_folder, entries) => {
    for await (const { at } of entries) {
      const head = await ifThere(withFile(at, (opened) => headOf(opened, maxBytes)));
      const match = head === undefined ? undefined : find(head);
      if (match !== undefined) return match;
    }
    return undefined;
  });
}

async function headOf(path: string, maxBytes: number): Promise<string> {
  const file = await fs.open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
