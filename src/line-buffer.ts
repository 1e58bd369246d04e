// Reads only whole lines of a file that is still being written.
import type { FileHandle } from 'node:fs/promises';

/** Reads up to the last newline within `size` bytes, or more if a single line is longer. */
export async function readWholeLines(file: FileHandle, offset: number, size: number): Promise<Buffer> {
  for (let wanted = size; ; wanted *= 2) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    if (end > 0 || bytesRead < wanted) return buffer.subarray(0, end);
  }
}
