// The API's port while the API is killed: it stays Slipway's, and whoever calls meanwhile is answered.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { canListen } from '../../src/activities/ports/listening.js';
import { eventually } from '../support/eventually.js';
import { listenersOf } from '../support/listeners.js';
import { isThere, PROJECT, Slipway } from '../support/slipway.js';

const NOBODY = 65_534;
const KILLS = 5;
/** Between two rounds of a thief that tries for long: a start takes far longer, and needs the processors, too. */
const PAUSE_S = 0.001;
/** Tries in every way that Linux has, and prints when it got the port. */
const THIEF = `
import socket, sys, time
port, pause, tries = int(sys.argv[1]), float(sys.argv[2]), 0
while True:
    time.sleep(pause)
    for address in ('127.0.0.1', '0.0.0.0'):
        for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            with socket.socket() as thief:
                if option is not None: thief.setsockopt(socket.SOL_SOCKET, option, 1)
                try:
                    thief.bind((address, port))
                    thief.listen()
                    print('stolen', address, option, flush=True)
                except OSError:
                    tries += 1
                    if tries % 100 == 0: print(tries, flush=True)
`;

let slipway: Slipway;
const thieves: ChildProcess[] = [];
const home = mkdtempSync(join(tmpdir(), 'slipway-thief-'));
beforeAll(async () => {
  slipway = await Slipway.start();
});
/** Between a Slipway that was killed and the next one the port is free, and a thief may take it. */
async function endThieves(): Promise<void> {
  for (const thief of thieves.splice(0)) {
    thief.kill('SIGKILL');
    await once(thief, 'close');
  }
}
afterAll(async () => {
  await endThieves();
  rmSync(home, { recursive: true });
  await slipway.remove();
});

const port = (): number => Number(new URL(slipway.url).port);

/** Resolves once it has tried a while. Returns its output, which names each time that it got the port. */
async function startThief(pauseS = 0): Promise<() => string> {
  const uid = process.getuid?.() === 0 ? NOBODY : undefined;
  const thief = spawn('python3', ['-c', THIEF, String(port()), String(pauseS)], { uid, gid: uid, cwd: '/' });
  thieves.push(thief);
  let output = '';
  thief.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await eventually(() => output.includes('100'));
  return () => output;
}

/** The status of an answer over a connection of its own: one from a pool may lead to an API that was killed. */
async function livez(): Promise<number | undefined> {
  const [answer] = (await once(get(`${slipway.url}/livez`, { agent: false }), 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

/** Resolves when a call that begins while there is no API is answered by the next one. */
async function killApi(): Promise<void> {
  const { api } = slipway.ready.pids;
  process.kill(api, 'SIGKILL');
  await eventually(() => !isThere(api), { mostMs: 20 });
  expect(await livez()).toBe(200);
  await eventually(() => slipway.ready.pids.api !== api);
}

it('another user can’t take the port while the API is killed repeatedly, and requests sent meanwhile are answered', async () => {
  const output = await startThief();
  for (let kill = 0; kill < KILLS; kill += 1) {
    await killApi();
  }
  expect(output()).not.toContain('stolen');
  await endThieves();
});

/** Whether the start, the API and the worker have the socket. */
function holders(): boolean[] {
  const { start, api, worker } = slipway.ready.pids;
  return [start, api, worker].map((pid) => listenersOf(pid).some((listener) => listener.port === port()));
}

it('only the start process and the API hold the listening socket', () => {
  expect(holders()).toEqual([true, true, false]);
});

async function failedStart(settings: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [join(PROJECT, 'dist/start.js')], {
    cwd: home,
    env: { ...process.env, SLIPWAY_DATA_DIR: join(home, 'data'), SLIPWAY_PORT: String(port()), ...settings },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(1);
  return text;
}

it('a start exits with an error that names the taken port, and warns about a misspelt setting', async () => {
  const text = await failedStart({ SLIPWAY_ISOLATON: 'container' });
  expect(text).toContain(`another Slipway, maybe of another user, uses port ${port()} on 127.0.0.1`);
  expect(text).toContain('Warning: SLIPWAY_ISOLATON is not a setting: SLIPWAY_ISOLATION is not set');
});

it('a start warns about a policy file that other users can write, and reports an invalid policy file in one sentence', async () => {
  const file = join(home, 'policies.json');
  writeFileSync(file, '{"bot":{"rules":[{"services":["*"],"actions":["list"]}]}}');
  chmodSync(file, 0o666);
  const warning = `Warning: Users other than root and Slipway's user can write ${file}`;
  expect(await failedStart({ SLIPWAY_POLICY_FILE: file })).toContain(warning);
  writeFileSync(file, '{"bot":{"rules":[{"actions":["fly"]}]}}');
  const refused = await failedStart({ SLIPWAY_POLICY_FILE: file });
  expect(refused).toMatch(
    /^A setting is wrong: SLIPWAY_POLICY_FILE \(.*\): bot\.rules\.0\.actions\.0: must be one of: .*\n$/,
  );
});

it.each(['first', 'second', 'third'])(
  'another user can’t take the port when the start process is killed for the %s time, and the next start takes the port over',
  async () => {
    const output = await startThief(PAUSE_S);
    const before = slipway.ready.pids;
    process.kill(before.start, 'SIGKILL');
    await eventually(() => !isThere(before.start));
    expect(await livez()).toBe(200);
    await slipway.up();
    expect(slipway.ready.pids.api).not.toBe(before.api);
    expect(isThere(before.api)).toBe(false);
    await slipway.waitReady();
    expect(output()).not.toContain('stolen');
    expect(slipway.output).not.toContain('Warning: port');
    await endThieves();
  },
);

it('only the start process and the API hold the listening socket after the port was taken over', () => {
  expect(holders()).toEqual([true, true, false]);
});

it('an API that took the port over is replaced on the same port after a kill', async () => {
  await killApi();
});

it('a stop frees the port', async () => {
  expect(await slipway.down()).toBe(0);
  expect(await canListen(port(), '127.0.0.1')).toBe(true);
});
