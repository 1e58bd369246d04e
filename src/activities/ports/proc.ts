// Reads processes and their sockets from Linux's /proc.
import { closeSync, opendirSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { parseStat, type ProcessStat } from '../../process-stat.js';

const ESTABLISHED = '01';
const LISTENING = '0A';
/** Addresses that a connection to this host's loopback reaches: any and loopback, in the format of /proc/net. */
const REACHED_BY_LOOPBACK = /^(00000000|[0-9A-F]{6}7F|0{32}|0{24}01000000|0{16}FFFF0000([0-9A-F]{6}7F|0{8}))$/;

/** 127.0.0.0/8, ::1, and 127.0.0.0/8 within IPv6. */
const LOOPBACK = /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

/** Returns every process id. */
export function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The limit of an app's processes that are read. An app may have any number of them, and the worker is blocked meanwhile. */
const MOST_PROCESSES = 1000;
/** The limit of a process's threads that are read. */
const MOST_THREADS = 100;
const CHILDREN_BYTES = 64 * 1024;

/**
 * Returns the processes below `root` without `root` itself: generation by generation, the oldest children first, and at
 * most 1,000. Needs a kernel with CONFIG_PROC_CHILDREN, which distributions have.
 */
function descendantsOf(root: number): number[] {
  const found = [root];
  for (let i = 0; i < found.length && found.length <= MOST_PROCESSES; i += 1) found.push(...childrenOf(found[i] ?? 0));
  return found.slice(1, MOST_PROCESSES + 1);
}

/** Linux lists the children of each thread. */
function childrenOf(pid: number): number[] {
  const threads = ifTold(() => firstEntriesOf(`/proc/${pid}/task`, MOST_THREADS)) ?? [];
  return threads.flatMap((thread) => {
    const list = ifTold(() => firstBytesOf(`/proc/${pid}/task/${thread}/children`, CHILDREN_BYTES))?.toString() ?? '';
    return [...list.matchAll(/(\d+) /g)].map(([, child]) => Number(child)); // a cut number has no blank after it
  });
}

/**
 * The bytes of an environment that are read, because a process can have one of any size. Requests make at most 128 KiB.
 */
const ENVIRONMENT_BYTES = 256 * 1024;
const NUL = Buffer.alloc(1);

/**
 * Returns true if a process was started with exactly this `NAME=value`. False for a process that is gone or can't be
 * read.
 */
export function wasStartedWith(pid: number, variable: string): boolean {
  const environment = ifTold(() => firstBytesOf(`/proc/${pid}/environ`, ENVIRONMENT_BYTES));
  return environment !== undefined && Buffer.concat([NUL, environment, NUL]).includes(`\0${variable}\0`);
}

const FIRST_BYTES = 64 * 1024;

/** Reads a file under /proc, which has no size: until its end, or until `most` bytes. */
function firstBytesOf(path: string, most: number): Buffer {
  const file = openSync(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(Math.min(most, FIRST_BYTES));
    for (let bytes = 0; ;) {
      const read = readSync(file, buffer, bytes, buffer.length - bytes, null);
      bytes += read;
      if (read === 0 || bytes === most) return buffer.subarray(0, bytes);
      if (bytes === buffer.length) buffer = Buffer.concat([buffer], Math.min(most, 2 * bytes));
    }
  } finally {
    closeSync(file);
  }
}

/** Returns the sockets that listen on a port which a loopback address reaches. */
export const listeningSockets = (wanted: number): string[] =>
  listenersSeenBy('self')
    .filter(({ port, address }) => port === wanted && REACHED_BY_LOOPBACK.test(address))
    .map(({ inode }) => inode);

export interface Listener {
  port: number;
  /** In the format of /proc/net: hexadecimal, in the byte order of the machine. */
  address: string;
  isLoopback: boolean;
  inode: string;
}

/** Returns the TCP listeners in the network of a process. */
export function listenersSeenBy(pid: number | 'self'): Listener[] {
  const rows = ['tcp', 'tcp6'].flatMap((table) => socketRows(`/proc/${pid}/net/${table}`));
  return rows
    .filter(({ state }) => state === LISTENING)
    .map(({ local, inode }) => {
      const [address = '', port = ''] = local.split(':');
      return { port: Number.parseInt(port, 16), address, isLoopback: LOOPBACK.test(address), inode };
    });
}

/** Returns true if a process belongs to a container of this id. Inside a container, the pid may be another process. */
export const isInContainer = (pid: number, id: string): boolean =>
  ifTold(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.includes(id) ?? false;

/** Returns the number of open connections to a port of this host, at any address. */
export function countConnectionsTo(port: number): number {
  const suffix = `:${hexPort(port)}`;
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap(socketRows)
    .filter(({ local, state }) => state === ESTABLISHED && local.endsWith(suffix)).length;
}

/**
 * The limit of open files that are read. A process may have a million of them, and a thousand processes may share them.
 * The worker is blocked meanwhile.
 */
const MOST_FILES = 20_000;
/** The limit for one process, which opens its listeners before its connections. */
const FILES_OF_ONE = 1000;

/** Returns the sockets of the processes below `root`: among the first 1,000 files of each, and 20,000 in all. */
export function socketsBelow(root: number): Set<string> {
  const files: string[] = [];
  for (const pid of descendantsOf(root)) {
    if (files.length >= MOST_FILES) break;
    files.push(...openFilesOf(pid, Math.min(FILES_OF_ONE, MOST_FILES - files.length)));
  }
  return new Set(files.flatMap((file) => /^socket:\[(\d+)\]$/.exec(file)?.[1] ?? []));
}

/** Returns the pipes that a process has as stdout and stderr. Their inodes are unique within a boot. */
export const outputPipesOf = (pid: number): string[] =>
  [1, 2].flatMap((file) => /^pipe:\[(\d+)\]$/.exec(openFile(pid, file) ?? '')?.[1] ?? []);

/** Returns up to `most` of a process's open files: paths without links, and names such as `socket:[123]`. */
export function openFilesOf(pid: number, most: number): string[] {
  const numbers = ifTold(() => firstEntriesOf(`/proc/${pid}/fd`, most)) ?? [];
  return numbers.flatMap((number) => openFile(pid, number) ?? []);
}

const openFile = (pid: number, number: number | string): string | undefined =>
  ifTold(() => readlinkSync(`/proc/${pid}/fd/${number}`));

function firstEntriesOf(path: string, most: number): string[] {
  const folder = opendirSync(path);
  try {
    const names: string[] = [];
    for (let entry = folder.readSync(); entry !== null && names.length < most; entry = folder.readSync()) {
      names.push(entry.name);
    }
    return names;
  } finally {
    folder.closeSync();
  }
}

/**
 * Returns true if Linux moves waiting connections of a closing socket to another socket that listens at the same place.
 * Without this, a proxy that replaces its sockets at each change of its configuration loses them
 * (docs/how-to/put-caddy-in-front.md).
 */
export const handsConnectionsOver = (): boolean =>
  ifTold(() => readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8'))?.trim() === '1';

/** Returns an id that differs after each start of the machine. Undefined if it can't be read. */
export const bootId = (): string | undefined =>
  ifTold(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))?.trim();

/** Returns undefined for a process that has ended or can't be read. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = ifTold(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text === undefined ? undefined : parseStat(text);
}

/**
 * Returns the address space that Node reserves for compiled code. From version 24 on, it is writable (512 MiB), and so it
 * counts as memory of the process.
 */
export function ownCodeBytes(): number {
  const ranges = readFileSync('/proc/self/maps', 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rwxp \S+ \S+ 0 *$/gm);
  return [...ranges].reduce((sum, [, from = '', to = '']) => sum + (parseInt(to, 16) - parseInt(from, 16)), 0);
}

/** Returns the number of processes that the kernel has killed for lack of memory since the machine's start. */
export function oomKills(): number {
  const counters = ifTold(() => readFileSync('/proc/vmstat', 'utf8')) ?? '';
  return Number(/^oom_kill (\d+)$/m.exec(counters)?.[1] ?? 0);
}

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

interface SocketRow {
  local: string;
  state: string;
  inode: string;
}

/**
 * The bytes of the table that are read: some 50,000 rows of the whole host, because an app may open a million sockets.
 * Listening sockets come first. Some connections may be missing, so a drain may end early.
 */
const TABLE_BYTES = 8 * 1024 * 1024;

function socketRows(table: string): SocketRow[] {
  const text = (ifTold(() => firstBytesOf(table, TABLE_BYTES)) ?? '').toString();
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n').slice(1); // the last line may be cut
  return lines.map((line) => {
    const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    return { local, state, inode };
  });
}

/**
 * Returns undefined if a process can't be read, so that the others still are. The process may have ended, belong to
 * another user, or have a path that is too long. EIO and EFAULT: its environment is at an address without memory.
 */
function ifTold<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR', 'ENAMETOOLONG', 'EIO', 'EFAULT'].includes(code))
      return undefined;
    throw error;
  }
}
