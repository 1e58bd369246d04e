// Runs in the unpacking child: reads a tar from stdin and its order from an argument, and writes reports to stdout.
// keeper/limited.py sets its limits before this program begins. The child ends with its worker.
import type { UnpackOrder, UnpackReport } from './messages.js';
import { unpack } from './unpacking.js';

const sendReport = (report: UnpackReport): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(report)}\n`, () => {
      resolve();
    });
  });

const order = JSON.parse(process.argv[2] ?? '') as UnpackOrder; // only unpacker.ts writes orders
await sendReport({ kind: 'ready' });
await sendReport(await unpack(process.stdin, order));
process.exit(0); // after a failed archive, stdin can be open still, and would keep this process alive
