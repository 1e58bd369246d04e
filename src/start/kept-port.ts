// Keeps a port for a part that is restarted when it dies. Meanwhile nothing listens on the port. If another Slipway
// took it, this one's worker and API would connect to the wrong server. So each port is also kept by name, for the life
// of this process.
import { createServer, type Server } from 'node:net';
import { canListen } from '../activities/ports/listening.js';

/** The number of ports to try: far more than the Slipways on one machine. */
const CANDIDATES = 500;

export interface KeptPort {
  port: number;
  /** Frees the port for others. The end of this process also frees it. */
  release: () => void;
}

/** Returns the first port from `first` on that nothing listens on and that no other Slipway on this machine keeps. */
export async function keepPort(first: number): Promise<KeptPort> {
  for (let port = first; port < first + CANDIDATES; port += 1) {
    const kept = (await canListen(port, '127.0.0.1')) ? await keep(port) : undefined;
    if (kept) return { port, release: () => void kept.close() };
  }
  throw new Error(`no port from ${first} to ${first + CANDIDATES - 1} is free`);
}

/**
 * Binds a socket in the kernel's abstract namespace. Like a port, it belongs to a network namespace. It ends with its
 * process.
 */
function keep(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0slipway-port-${port}`, () => {
      server.unref(); // a kept port doesn't keep the process alive
      resolve(server);
    });
  });
}
