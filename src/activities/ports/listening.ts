import { createServer } from 'node:net';

/** Resolves when nobody listens on the port of that address (all of them without one); else rejects with the reason. */
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
    () => false, // taken, or not ours to take: either way another port is needed
  );
