import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { disk } from '../../../src/activities/ports/disk-port.js';
import { openFilesOf, socketsBelow, wasStartedWith } from '../../../src/activities/ports/proc.js';
import { onTestFinished } from '../../support/jest/test-end.js';

/** Works in a folder whose path is longer than Linux tells, and has a file of it open. */
const DIGGER = `
import os, sys
for _ in range(300):
    os.mkdir("d" * 20)
    os.chdir("d" * 20)
held = open("held", "w")
print("there", flush=True)
sys.stdin.read()
`;

let folder: string;
let digger: ChildProcess;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-proc-'));
  const child = spawn('python3', ['-c', DIGGER], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  digger = child;
  await once(child.stdout, 'data');
});
afterEach(async () => {
  const over = once(digger, 'exit');
  digger.kill();
  await over;
  await disk.remove(folder); // others can't, as deep as it is
});

it('an open file with a path that is too long to read doesn’t hide other open files', () => {
  expect(openFilesOf(digger.pid!, 64).join()).not.toContain('held');
  expect(openFilesOf(digger.pid!, 64).join()).toMatch(/socket:.*socket:/); // its input and output
});

/** Says that its environment is 600 MB of nothing. */
const BOASTER = `
import ctypes, os, sys
LIBC = ctypes.CDLL(None, use_errno=True)
SIZE = 600 * 1024 * 1024
LIBC.mmap.restype = ctypes.c_uint64
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
at = LIBC.mmap(None, SIZE, 3, 0x4022, -1, 0)  # private, anonymous, without a reserve
stat = open("/proc/self/stat").read().rpartition(")")[2].split()
field = lambda number: int(stat[number - 3])
class Map(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in (
        "start_code", "end_code", "start_data", "end_data", "start_brk", "brk", "start_stack",
        "arg_start", "arg_end", "env_start", "env_end", "auxv")] + [("auxv_size", ctypes.c_uint32), ("exe_fd", ctypes.c_uint32)]
LIBC.sbrk.restype = ctypes.c_uint64
told = Map(field(26), field(27), field(45), field(46), field(47), LIBC.sbrk(0), field(28),
           field(48), field(49), at, at + SIZE, 0, 0, 0xFFFFFFFF)
if LIBC.prctl(35, 14, ctypes.byref(told), ctypes.sizeof(told), 0) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
print("there", flush=True)
sys.stdin.read()
`;

const HOARDER = `
import os, sys
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(5000)]
print("there", flush=True)
sys.stdin.read()
`;

const others: ChildProcess[] = [];
afterEach(() => {
  for (const other of others.splice(0)) other.kill('SIGKILL');
});

async function running(script: string): Promise<number> {
  const child = spawn('sh', ['-c', 'exec "$0" -c "$1"', 'python3', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ITS: 'own' },
  });
  others.push(child);
  await once(child.stdout, 'data');
  return child.pid!;
}

it('a process is recognized by an exact variable in its environment', async () => {
  const pid = await running('print("there", flush=True); import sys; sys.stdin.read()');
  expect(wasStartedWith(pid, 'ITS=own')).toBe(true);
  expect(wasStartedWith(pid, 'TS=own')).toBe(false);
  expect(wasStartedWith(pid, 'ITS=ow')).toBe(false);
});

it('only the beginning of a very large environment is read', async () => {
  const pid = await running(BOASTER);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 20; i += 1) expect(wasStartedWith(pid, 'ITS=own')).toBe(false);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
});

it('the sockets of child processes are found even if the processes have many other open files', async () => {
  const script = `
import os, socket, sys
listener = socket.socket()
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(3000)]
print("there", flush=True)
sys.stdin.read()
`;
  const pids = [await running(script), await running(script)];
  const sockets = socketsBelow(process.pid);
  for (const pid of pids)
    expect(openFilesOf(pid, 10).some((file) => sockets.has(/^socket:.(\d+)/.exec(file)?.[1] ?? ''))).toBe(true);
});

/** Has a listener in its first child and in its last, and 1,500 children that have ended in between. Prints both inodes. */
const PARENT = `
import os, signal, socket, sys
def child_with_listener():
    listener = socket.create_server(("127.0.0.1", 0))
    pid = os.fork()
    if pid == 0:
        signal.pause()
    inode = os.fstat(listener.fileno()).st_ino
    listener.close()
    return pid, inode
first, first_inode = child_with_listener()
for _ in range(1500):
    if os.fork() == 0:
        os._exit(0)
last, last_inode = child_with_listener()
print(first_inode, last_inode, flush=True)
sys.stdin.read()
for pid in (first, last):
    os.kill(pid, signal.SIGKILL)
`;

it('the sockets of the oldest 1,000 processes of an app are found, and later processes are ignored', async () => {
  const app = spawn('python3', ['-c', PARENT], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    const over = once(app, 'exit');
    app.stdin.end();
    await over;
  });
  const [printed] = (await once(app.stdout, 'data')) as [Buffer];
  const [first, last] = printed.toString().trim().split(' ');
  const sockets = socketsBelow(app.pid!);
  expect([first, last].map((inode) => sockets.has(inode!))).toEqual([true, false]);
});

it('the number of open files that are read is limited', async () => {
  const pid = await running(HOARDER);
  expect(openFilesOf(pid, 100)).toHaveLength(100);
});
