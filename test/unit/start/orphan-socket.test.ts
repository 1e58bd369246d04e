import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { canListen } from '../../../src/activities/ports/listening.js';
import { resolveListenAddress, type HeldSocket, type ListenAddress } from '../../../src/start/held-socket.js';
import { identify, type ProcessIdentity } from '../../../src/start/identity.js';
import { takeOrphanSocket, type Taking } from '../../../src/start/orphan-socket.js';
import { eventually } from '../../support/eventually.js';
import { itIf } from '../../support/jest/conditions.js';
import { onTestFinished } from '../../support/jest/test-end.js';
import { freePort } from '../../support/slipway.js';

const PYTHON = 'python3';
/** Answers with its name. It has other sockets, too, and says when it listens. */
const ORPHAN = `
  const [host, port] = process.argv.slice(1);
  require('node:net').createServer().listen(0, host, () => {
    const server = require('node:http').createServer((_req, res) => res.end('orphan'));
    server.listen(Number(port), host, () => console.log('listening'));
    process.on('SIGUSR2', () => server.close());
    server.on('connection', () => console.log('connected'));
  });`;
const HEIR = `require('node:http').createServer((_req, res) => res.end('heir')).listen({ fd: 3 })`;
const children: ChildProcess[] = [];
const taken: HeldSocket[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const socket of taken.splice(0)) socket.close();
});

interface Orphan {
  child: ChildProcess;
  identity: ProcessIdentity;
  at: ListenAddress;
}

async function startOrphan(host = '127.0.0.1'): Promise<Orphan> {
  const at = await resolveListenAddress(host, await freePort());
  const child = spawn(process.execPath, ['-e', ORPHAN, host, String(at.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return { child, at, identity: (await identify(child.pid!))! };
}

async function take(identity: ProcessIdentity, at: ListenAddress, python = PYTHON): Promise<Taking> {
  const taking = await takeOrphanSocket(identity, at, python);
  if (taking.kind === 'taken') taken.push(taking.socket);
  return taking;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const page = async (at: ListenAddress): Promise<string> => {
  const host = at.family === 6 ? '[::1]' : '127.0.0.1';
  return (await fetch(`http://${host}:${at.port}/`, { headers: { Connection: 'close' } })).text();
};

it.each(['127.0.0.1', '0.0.0.0', '::1', '::', 'localhost'])(
  'a listener at %s that is taken over stays open after its process ends, and another server can use it',
  async (host) => {
    const { child, identity, at } = await startOrphan(host);
    const taking = await take(identity, at);
    expect(taking.kind).toBe('taken');
    expect(await page(at)).toBe('orphan'); // this process accepts nothing
    await end(child);
    expect(await canListen(at.port, at.address)).toBe(false);
    const answer = page(at);
    const { fd } = taken[0]!;
    children.push(spawn(process.execPath, ['-e', HEIR], { stdio: ['ignore', 'ignore', 'inherit', fd] }));
    expect(await answer).toBe('heir');
  },
);

it('the port is free after the duplicate socket is closed', async () => {
  const { child, identity, at } = await startOrphan();
  await take(identity, at);
  await end(child);
  taken.pop()!.close();
  expect(await canListen(at.port, at.address)).toBe(true);
});

it('a process that is started later doesn’t inherit the duplicate socket', async () => {
  const { child, identity, at } = await startOrphan();
  await take(identity, at);
  const bystander = spawn('sleep', ['60']);
  children.push(bystander);
  await once(bystander, 'spawn');
  await end(child);
  taken.pop()!.close();
  expect(await canListen(at.port, at.address)).toBe(true);
});

it.each<[string, (at: ListenAddress) => ListenAddress]>([
  ['another port', (at) => ({ ...at, port: at.port === 65_535 ? at.port - 1 : at.port + 1 })],
  ['all addresses', (at) => ({ ...at, address: '0.0.0.0' })],
  ['another address', (at) => ({ ...at, address: '127.0.0.2' })],
  ['an address of the other family', (at) => ({ ...at, address: '::1', family: 6 })],
])('a listener isn’t taken over for %s', async (_name, change) => {
  const { identity, at } = await startOrphan();
  expect(await take(identity, change(at))).toEqual({ kind: 'none' });
});

it('a connection with the same local address isn’t taken over as a listener', async () => {
  const { child, identity, at } = await startOrphan();
  const client = connect(at.port, at.address);
  onTestFinished(() => void client.destroy());
  await once(child.stdout!, 'data'); // the orphan has accepted it
  child.kill('SIGUSR2');
  await eventually(async () => !(await isListening(at)));
  expect(await take(identity, at)).toEqual({ kind: 'none' });
});

/** Whether anybody listens there: a connection can be opened. */
async function isListening({ port, address }: ListenAddress): Promise<boolean> {
  const client = connect(port, address);
  const isOpen = await new Promise<boolean>((resolve) => {
    client.once('connect', () => {
      resolve(true);
    });
    client.once('error', () => {
      resolve(false);
    });
  });
  client.destroy();
  return isOpen;
}

it('the listener of a process with the same id but another start time isn’t taken over', async () => {
  const { identity, at } = await startOrphan();
  const earlier = { pid: identity.pid, startTicks: String(Number(identity.startTicks) - 1) };
  expect(await take(earlier, at)).toEqual({ kind: 'none' });
});

it('no listener is taken over from a process that has ended', async () => {
  const { child, identity, at } = await startOrphan();
  await end(child);
  expect(await take(identity, at)).toEqual({ kind: 'none' });
});

itIf(process.getuid?.() === 0)(
  'a takeover that the kernel forbids returns the error, and the orphan keeps its listener',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-setpriv-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const withoutRights = join(folder, 'python3');
    writeFileSync(withoutRights, '#!/bin/sh\nexec setpriv --inh-caps=-all --bounding-set=-all python3 "$@"\n');
    chmodSync(withoutRights, 0o755);
    const { child, identity, at } = await startOrphan();
    expect(await take(identity, at, withoutRights)).toEqual({ kind: 'refused', reason: 'EACCES' });
    expect(child.exitCode).toBeNull();
    expect(await page(at)).toBe('orphan');
  },
);

it('a takeover whose helper program fails returns the exit code', async () => {
  const { identity, at } = await startOrphan();
  expect(await take(identity, at, '/bin/false')).toEqual({ kind: 'refused', reason: 'exit 1' });
});
