// The unpacking child: a tar on stdin, its order as an argument, reports on stdout. Its limits are set before this program
// begins (keeper/limited.py), and it ends with its worker.
import type { UnpackOrder, UnpackReport } from './messages.js';
import { unpack } from './unpacking.js';

const tell = (report: UnpackReport): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(report)}\n`, () => {
      resolve();
    });
  });

const order = JSON.parse(process.argv[2] ?? '') as UnpackOrder; // written by unpacker.ts alone
await tell({ kind: 'ready' });
await tell(await unpack(process.stdin, order));
process.exit(0);
