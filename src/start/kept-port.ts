// A port of a part that is started again when it dies. Meanwhile nobody listens on it, and another Slipway that took it
// would be met by this one's worker and API as if it were their own: so the port is kept by name for this process's life.
import { createServer, type Server } from 'node:net';
import { canListen } from '../activities/ports/listening.js';

/** How many are looked at: far more than there are Slipways on one machine. */
const CANDIDATES = 500;

export interface KeptPort {
  port: number;
  /** Lets others have it. The end of this process does, too. */
  release: () => void;
}

/** The first port from `first` on that nobody listens on, and no other Slipway on this machine keeps. */
export async function keepPort(first: number): Promise<KeptPort> {
  for (let port = first; port < first + CANDIDATES; port += 1) {
    const kept = (await canListen(port, '127.0.0.1')) ? await keep(port) : undefined;
    if (kept) return { port, release: () => void kept.close() };
  }
  throw new Error(`no port from ${first} to ${first + CANDIDATES - 1} is free`);
}

/** A socket in the kernel's abstract namespace: of one network, like ports, and gone with its process. */
function keep(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0slipway-port-${port}`, () => {
      server.unref(); // keeping a port keeps no process up
      resolve(server);
    });
  });
}
