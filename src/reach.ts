// Checks whether something listens at an address.
import { connect } from 'node:net';

const ANSWER_MS = 5_000;
const HTTP_PORT = 80;

/** Resolves when the address accepts a connection. The default port is 80. */
export function reach(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return reachAt({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || HTTP_PORT) });
}

/** Resolves when the socket accepts a connection. */
export const reachSocket = (path: string): Promise<void> => reachAt({ path });

function reachAt(place: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, timeout: ANSWER_MS });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
