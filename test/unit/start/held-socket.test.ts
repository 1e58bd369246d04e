import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { canListen } from '../../../src/activities/ports/listening.js';
import { inheritedSocket } from '../../../src/config.js';
import { SlipwayError } from '../../../src/contract/errors.js';
import { holdSocket, resolveListenAddress, type HeldSocket } from '../../../src/start/held-socket.js';
import { freePort } from '../../support/slipway.js';

const PYTHON = 'python3';
const HEIR = `require('node:http').createServer((_req, res) => res.end('heir')).listen({ fd: 3 })`;
const held: HeldSocket[] = [];
const heirs: ChildProcess[] = [];
afterEach(() => {
  for (const heir of heirs.splice(0)) heir.kill('SIGKILL');
  for (const socket of held.splice(0)) socket.close();
});

async function hold(host: string, port: number): Promise<HeldSocket> {
  const socket = await holdSocket(await resolveListenAddress(host, port), PYTHON);
  held.push(socket);
  return socket;
}

const heirOf = ({ fd }: HeldSocket): void => {
  heirs.push(spawn(process.execPath, ['-e', HEIR], { stdio: ['ignore', 'ignore', 'inherit', fd] }));
};
const page = async (url: string): Promise<string> => (await fetch(url, { headers: { Connection: 'close' } })).text();

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '[::1]'],
  ['localhost', 'localhost'],
])(
  'a connection to a held socket at %s waits for the first server and then for the next server',
  async (host, name) => {
    const port = await freePort();
    const socket = await hold(host, port);
    const first = page(`http://${name}:${port}/`);
    heirOf(socket);
    expect(await first).toBe('heir');
    heirs[0]!.kill('SIGKILL');
    await once(heirs[0]!, 'exit');
    const second = page(`http://${name}:${port}/`);
    heirOf(socket);
    expect(await second).toBe('heir');
  },
);

it('no other process can listen on a held port until the socket is closed', async () => {
  const port = await freePort();
  const socket = await hold('127.0.0.1', port);
  expect(await canListen(port, '127.0.0.1')).toBe(false);
  expect(await canListen(port, '0.0.0.0')).toBe(false);
  socket.close();
  expect(await canListen(port, '127.0.0.1')).toBe(true);
});

it('the process that holds the socket accepts no connections', async () => {
  const port = await freePort();
  await hold('127.0.0.1', port);
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect'); // by the kernel
  client.destroy();
  expect(await canListen(port, '127.0.0.1')).toBe(false);
});

it('a port that another program listens on is refused as taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const error: unknown = await hold('127.0.0.1', port).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SlipwayError);
  expect(error).toMatchObject({ text: 'start_failed.port', params: { port } });
  server.close();
});

it.each([
  ['192.0.2.1', 'EADDRNOTAVAIL'],
  ['no-such-host.invalid', 'ENOTFOUND'],
])('an address that doesn’t belong to the host (%s) is refused with the reason', async (host, reason) => {
  const port = await freePort();
  await expect(hold(host, port)).rejects.toMatchObject({ text: 'start_failed.address', params: { host, reason } });
});

it('a process inherits a socket only if the socket was announced to its process id', () => {
  expect(inheritedSocket({ LISTEN_FDS: '1', LISTEN_PID: '42' }, 42)).toBe(3);
  expect(inheritedSocket({ LISTEN_FDS: '1', LISTEN_PID: '42' }, 43)).toBeUndefined();
  expect(inheritedSocket({ LISTEN_FDS: '2', LISTEN_PID: '42' }, 42)).toBeUndefined();
  expect(inheritedSocket({}, 42)).toBeUndefined();
});
