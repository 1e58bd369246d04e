import { createServer } from 'node:net';

/**
 * Resolves if nothing listens on the port of that address (of all addresses without one). Otherwise rejects with the
 * reason.
 */
export async function tryListening(port: number, host?: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

export const canListen = (port: number, host?: string): Promise<boolean> =>
  tryListening(port, host).then(
    () => true,
    () => false, // taken or not permitted: in both cases another port is needed
  );
