import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProcessRecord, StartConfig } from '../../../src/activities/ports/process-port.js';
import type { LogPosition } from '../../../src/activities/ports/instance-log.js';
import { instanceDir, instanceLog } from '../../../src/contract/layout.js';
import { eventually } from '../../support/eventually.js';
import { createHost, PATH, SERVICE, type Host } from '../../support/host.js';
import { fixtureApp, isRunning, KEEPER, pidIn } from '../../support/processes.js';

let host: Host;
const strangers: ChildProcess[] = [];

beforeEach(() => {
  host = createHost();
});
afterEach(async () => {
  strangers.splice(0).forEach((child) => child.kill('SIGKILL'));
  await host.close();
});

async function start(order: StartConfig): Promise<ProcessRecord> {
  const outcome = await host.processes.start(order);
  expect(outcome.state).toBe('running');
  return outcome.record!;
}

const app = (name: string): string => `exec python ${join(fixtureApp(name), 'main.py')}`;

/** What `setproctitle` does: the memory of the environment becomes something else. */
const OVERWRITES = `
import ctypes, os, time
at = int(open("/proc/self/stat").read().rpartition(")")[2].split()[47])
end = int(open("/proc/self/stat").read().rpartition(")")[2].split()[48])
ctypes.memset(at, 0, end - at)
assert b"SLIPWAY" not in open("/proc/self/environ", "rb").read()
print("child", os.getpid(), flush=True)
time.sleep(3600)
`;

/** Every line, to the end. */
async function logOf(instanceId: string): Promise<string[]> {
  const found: string[] = [];
  let position: LogPosition | undefined;
  for (let more = true; more;) {
    const read = await host.processes.readLog(SERVICE, instanceId, position);
    found.push(...read.lines.map(({ line }) => line));
    ({ next: position, more } = read);
  }
  return found;
}

async function stop(instanceId: string): Promise<void> {
  expect(host.processes.requestStop(instanceId)).toBe(true);
  await host.processes.waitGone(instanceId);
}

describe('exits of apps', () => {
  it.each([
    ['exit 3', { code: 3, signal: null, reason: 'exited' }],
    ['exit 0', { code: 0, signal: null, reason: 'exited' }],
    ['kill -SEGV $$', { code: null, signal: 'SIGSEGV', reason: 'exited' }],
    ['/no/such/program', { code: 127, signal: null, reason: 'exited' }],
  ])('the exit of `%s` is recorded', async (command, exit) => {
    const { instanceId } = await start(host.order(command));
    await host.processes.waitGone(instanceId);
    expect(await host.processes.readExit(instanceId)).toMatchObject(exit);
  });

  it('the exit of an app ends a child process in another session', async () => {
    const { instanceId } = await start(host.order(app('setsid-child'), { env: { EXIT_AT_ONCE: '1' } }));
    await host.processes.waitGone(instanceId);
    expect(isRunning(pidIn(await logOf(instanceId))!)).toBe(false);
  });

  it('the exit of an app is recorded after the last line of its output', async () => {
    const { instanceId } = await start(host.order('printf "first\\nlast without an end"'));
    await host.processes.waitGone(instanceId);
    expect(await logOf(instanceId)).toEqual(['first', 'last without an end']);
  });
});

describe('stops of apps', () => {
  it('a stop lets an app handle SIGTERM and exit by itself', async () => {
    const { instanceId } = await start(
      host.order('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done'),
    );
    await eventually(async () => (await logOf(instanceId)).includes('ready'));
    await stop(instanceId);
    expect(await logOf(instanceId)).toContain('bye');
    expect(await host.processes.readExit(instanceId)).toMatchObject({ code: 0, reason: 'stopped' });
  });

  it('a stop waits for a child process after its shell has exited, until the grace period ends', async () => {
    const slow =
      'import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.2), print("saved"), sys.exit()))\nprint("ready", flush=True)\ntime.sleep(99)';
    const { instanceId } = await start(host.order(`python -c '${slow}'; true`, { graceMs: 5000 }));
    await eventually(async () => (await logOf(instanceId)).includes('ready'));
    await stop(instanceId);
    expect(await logOf(instanceId)).toContain('saved');
  });

  it('a stop kills an app that ignores SIGTERM after the grace period', async () => {
    const { instanceId } = await start(host.order(app('ignores-sigterm')));
    await eventually(async () => (await logOf(instanceId)).includes('ready'));
    await stop(instanceId);
    expect(await host.processes.readExit(instanceId)).toMatchObject({
      code: null,
      signal: 'SIGKILL',
      reason: 'stopped',
    });
  });

  it('a stop ends a child process in another session', async () => {
    const { instanceId } = await start(host.order(app('setsid-child')));
    const child = await eventually(async () => pidIn(await logOf(instanceId)));
    await stop(instanceId);
    expect(isRunning(child)).toBe(false);
  });

  it('SIGTERM to the keeper stops the app, and the keeper ignores SIGINT and SIGHUP', async () => {
    const { instanceId, keeperPid } = await start(host.order('sleep 3600'));
    process.kill(keeperPid, 'SIGINT');
    process.kill(keeperPid, 'SIGHUP');
    process.kill(keeperPid, 'SIGTERM');
    await host.processes.waitGone(instanceId);
    expect(await host.processes.readExit(instanceId)).toMatchObject({ signal: 'SIGTERM', reason: 'stopped' });
  });
});

describe('secrets of apps', () => {
  const secret = 'tok-4711-äöü-geheim';

  it('a secret is masked in whole lines, in divided output and at the divisions of a very long line', async () => {
    const { instanceId } = await start(
      host.order(app('prints-secrets'), { env: { API_TOKEN: secret }, mask: [secret] }),
    );
    await eventually(async () => (await logOf(instanceId)).includes('end'));
    const lines = await logOf(instanceId);
    expect(lines.slice(0, 2)).toEqual(['whole: ********', 'halves: ********']);
    expect(lines.slice(2, -1).join('') === `long: ${`${'x'.repeat(997)}********`.repeat(400)}`).toBe(true); // else the failure would print it all
    expect(lines.join('\n')).not.toContain(secret.slice(0, 10));
  });

  it('a secret is masked in a line without an end, regardless of where the line is divided', async () => {
    const endless = `import sys\nfor i in range(3000): sys.stdout.write("${'y'.repeat(97)}${secret}")`;
    const { instanceId } = await start(host.order(`python -c '${endless}'`, { mask: [secret] }));
    await host.processes.waitGone(instanceId);
    const lines = await logOf(instanceId);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join('') === `${'y'.repeat(97)}********`.repeat(3000)).toBe(true);
  });

  it('a secret is contained neither in the arguments of the keeper nor in the files of the instance', async () => {
    const order = host.order('sleep 3600', { env: { API_TOKEN: secret }, mask: [secret] });
    const { instanceId, keeperPid } = await start(order);
    const dir = instanceDir(host.layout, instanceId);
    const files = readdirSync(dir).filter((name) => statSync(join(dir, name)).isFile());
    const texts = [
      `/proc/${keeperPid}/cmdline`,
      `/proc/${keeperPid}/environ`,
      ...files.map((name) => join(dir, name)),
    ].map((path) => readFileSync(path, 'utf8'));
    expect(texts.join('\n')).not.toContain(secret);
  });
});

describe('logs of apps', () => {
  it('the log of an app is NDJSON with time and stream, and bytes that aren’t UTF-8 are replaced', async () => {
    const { instanceId } = await start(host.order(`printf 'ok \\377\\n' >&2`));
    await host.processes.waitGone(instanceId);
    const { lines } = await host.processes.readLog(SERVICE, instanceId);
    expect(lines).toEqual([
      {
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        stream: 'stderr',
        line: 'ok \ufffd',
      },
    ]);
  });

  it('the log of an app is rotated at 10 MB into at most five files and is read in order across the files', async () => {
    const { instanceId } = await start(
      host.order('seq 1 200000; read line < go; seq 200001 700000', { cwd: host.layout.root }),
    );
    const log = instanceLog(host.layout, SERVICE, instanceId);
    const numbers: number[] = [];
    let position: LogPosition | undefined;
    const readAll = async (): Promise<void> => {
      for (let more = true; more;) {
        const read = await host.processes.readLog(SERVICE, instanceId, position);
        numbers.push(...read.lines.map(({ line }) => Number(line)).filter((value) => value > 0));
        position = read.next;
        more = read.more;
      }
    };
    await eventually(async () => {
      await readAll();
      return numbers.length > 0;
    });
    await host.processes.waitGone(instanceId); // `go` is not there, so the shell goes on with the second half
    await readAll();
    expect(readdirSync(dirname(log)).filter((name) => name.startsWith(instanceId)).length).toBeLessThanOrEqual(5);
    for (const name of readdirSync(dirname(log)))
      expect(statSync(join(dirname(log), name)).size).toBeLessThanOrEqual(10 * 1024 * 1024);
    expect(numbers.at(-1)).toBe(700_000);
    const gaps = numbers.filter((value, index) => index > 0 && value !== numbers[index - 1]! + 1);
    expect(gaps.length).toBeLessThanOrEqual(1); // one, when the oldest part was rotated away before it was read
  });

  it('an app keeps running if its log can’t be written', async () => {
    const order = host.order('echo lost; echo ready > told; sleep 3600', { cwd: host.layout.root });
    mkdirSync(instanceLog(host.layout, SERVICE, order.facts.instanceId), { recursive: true }); // a folder takes no lines
    const { instanceId } = await start(order);
    await eventually(() => readFileSync(join(host.layout.root, 'told'), 'utf8'));
    expect(host.processes.isAlive(instanceId)).toBe(true);
    await stop(instanceId);
    expect(await host.processes.readExit(instanceId)).toMatchObject({ reason: 'stopped' });
  });
});

describe('keepers', () => {
  it('a keeper and its app keep running after the starting process is killed', async () => {
    const order = host.order('sleep 3600');
    const { instanceId } = order.facts;
    const dir = instanceDir(host.layout, instanceId);
    mkdirSync(dir, { recursive: true });
    const log = instanceLog(host.layout, SERVICE, instanceId);
    mkdirSync(dirname(log), { recursive: true });
    const argv = ['/bin/sh', '-c', order.command];
    const document = { ...order, argv, dir, log, logBytes: 1e7, logFiles: 5, record: order.facts };
    writeFileSync(join(dir, 'order'), JSON.stringify(document));
    const starter = spawn(
      'sh',
      ['-c', `setsid "$0" -I -S "$1" app < order & exec sleep 3600`, KEEPER.python, KEEPER.script],
      {
        cwd: dir,
        detached: true,
        stdio: 'ignore',
      },
    );
    const outcome = await eventually(() => host.processes.takeUp(instanceId));
    process.kill(-starter.pid!, 'SIGKILL');
    await once(starter, 'close');
    expect(host.processes.isAlive(instanceId)).toBe(true);
    expect(isRunning(outcome.record!.appPid)).toBe(true);
  });

  it('two concurrent starts of an instance return the same running app', async () => {
    const order = host.order('sleep 3600');
    const [first, second] = await Promise.all([host.processes.start(order), host.processes.start(order)]);
    expect(second).toEqual(first);
    expect(first.state).toBe('running');
  });

  it('a start of an instance that has ended returns its end and starts no app', async () => {
    const order = host.order('exit 1');
    const { instanceId } = await start(order);
    await host.processes.waitGone(instanceId);
    expect((await host.processes.start(order)).state).toBe('ended');
    expect(host.processes.isAlive(instanceId)).toBe(false);
  });

  it('a killed keeper ends its app, and a sweep ends remaining child processes but no processes of other programs', async () => {
    const { instanceId, keeperPid, appPid } = await start(host.order(app('setsid-child')));
    const names = { SLIPWAY_INSTANCE: instanceId, SLIPWAY_MARK: instanceId };
    const stranger = spawn('sleep', ['3600'], { env: { PATH, ...names } });
    strangers.push(stranger);
    const child = await eventually(async () => pidIn(await logOf(instanceId)));
    process.kill(keeperPid, 'SIGKILL');
    await host.processes.waitGone(instanceId);
    await eventually(() => !isRunning(appPid));
    expect(isRunning(child)).toBe(true);
    expect(await host.processes.readExit(instanceId)).toBeUndefined();

    await host.processes.sweep(instanceId);
    expect(isRunning(child)).toBe(false);
    expect(isRunning(stranger.pid!)).toBe(true);
  });

  it('a sweep finds the processes of a keeper from an earlier version by the instance id', async () => {
    const { instanceId, keeperPid } = await start(host.order(app('setsid-child')));
    const child = await eventually(async () => pidIn(await logOf(instanceId)));
    rmSync(join(instanceDir(host.layout, instanceId), 'mark'));
    process.kill(keeperPid, 'SIGKILL');
    await host.processes.waitGone(instanceId);
    await host.processes.sweep(instanceId);
    expect(isRunning(child)).toBe(false);
  });

  it('a sweep with an empty mark ends no process', async () => {
    const { instanceId, keeperPid } = await start(host.order(app('setsid-child')));
    const child = await eventually(async () => pidIn(await logOf(instanceId)));
    const stranger = spawn('sleep', ['3600'], { env: { PATH, SLIPWAY_MARK: '' } });
    strangers.push(stranger);
    writeFileSync(join(instanceDir(host.layout, instanceId), 'mark'), '');
    process.kill(keeperPid, 'SIGKILL');
    await host.processes.waitGone(instanceId);
    await host.processes.sweep(instanceId);
    expect(isRunning(stranger.pid!)).toBe(true);
    process.kill(child, 'SIGKILL');
  });

  it('the mark of a keeper is masked in the log', async () => {
    const { instanceId } = await start(host.order('echo mark $SLIPWAY_MARK; sleep 3600'));
    expect(await eventually(async () => (await logOf(instanceId)).find((line) => line.startsWith('mark ')))).toBe(
      'mark ********',
    );
  });

  /** Apps whose children can't be told by their environment, and print their pid as `child 123`. */
  const unmarked = [
    ['overwrites its environment', `python -c '${OVERWRITES}'; true`],
    ['has another environment', `env -i sh -c 'echo child $$; exec sleep 3600'; true`],
    [
      'is a daemon with another environment',
      `(setsid env -i sh -c 'echo child $$ >&2; exec sleep 3600 >/dev/null' &); sleep 3600`,
    ],
  ] as const;
  it.each(unmarked)('a sweep after a killed keeper ends a process that %s', async (_, command) => {
    const stranger = spawn('sleep', ['3600'], { env: { PATH }, stdio: 'pipe' }); // holds other pipes
    strangers.push(stranger);
    const { instanceId, keeperPid } = await start(host.order(command));
    const child = await eventually(async () => pidIn(await logOf(instanceId)));
    process.kill(keeperPid, 'SIGKILL');
    await host.processes.waitGone(instanceId);
    expect(isRunning(child)).toBe(true);

    await host.processes.sweep(instanceId);
    expect(isRunning(child)).toBe(false);
    expect(isRunning(stranger.pid!)).toBe(true);
  });

  it('a sweep ends no process by its pipe if the pipe was recorded before a restart of the machine', async () => {
    const { instanceId, keeperPid } = await start(host.order(`env -i sh -c 'echo child $$; exec sleep 3600'; true`));
    const child = await eventually(async () => pidIn(await logOf(instanceId)));
    process.kill(keeperPid, 'SIGKILL');
    await host.processes.waitGone(instanceId);
    const file = join(instanceDir(host.layout, instanceId), 'instance.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord;
    writeFileSync(file, JSON.stringify({ ...record, output: { ...record.output, boot: 'an earlier one' } }));

    await host.processes.sweep(instanceId);
    expect(isRunning(child)).toBe(true);
    writeFileSync(file, JSON.stringify(record));
    await host.processes.sweep(instanceId);
    expect(isRunning(child)).toBe(false);
  });

  it('a keeper uses at most 6 MB of private memory and no processor time while its app is idle', async () => {
    const [{ keeperPid }] = await Promise.all([start(host.order('sleep 3600')), start(host.order('sleep 3600'))]);
    const rollup = readFileSync(`/proc/${keeperPid}/smaps_rollup`, 'utf8');
    const privateKib = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce(
      (sum, [, kib]) => sum + Number(kib),
      0,
    );
    expect(privateKib).toBeLessThanOrEqual(6 * 1024);
    const switches = (): string =>
      /voluntary_ctxt_switches:\s+(\d+)/.exec(readFileSync(`/proc/${keeperPid}/status`, 'utf8'))![1]!;
    await eventually(() => readFileSync(`/proc/${keeperPid}/wchan`, 'utf8').includes('poll'));
    const before = switches();
    spawnSync('sleep', ['0.5']); // what is asserted is that nothing happens
    expect(switches()).toBe(before);
  });
});
