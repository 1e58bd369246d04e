// Reading a file that is being written: only lines that have their end.
import type { FileHandle } from 'node:fs/promises';

/** Up to the last line end within `size` bytes; more only where one line is longer. */
export async function readWholeLines(file: FileHandle, offset: number, size: number): Promise<Buffer> {
  for (let wanted = size; ; wanted *= 2) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    if (end > 0 || bytesRead < wanted) return buffer.subarray(0, end);
  }
}
