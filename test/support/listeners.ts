// Which TCP ports a process listens on, read from /proc.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Listener {
  address: string;
  port: number;
}

const LISTEN = '0A';

export function listenersOf(pid: number): Listener[] {
  const inodes = socketsOf(pid);
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9] ?? ''))
      .map((fields) => readAddress(fields[1] ?? '')),
  );
}

/** Inodes of the sockets that the process has open. */
function socketsOf(pid: number): Set<string> {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return ''; // closed since it was listed: a listener stays
  }
}

/** The kernel writes the address in its own byte order: of IPv4 each byte is enough. */
function readAddress(text: string): Listener {
  const [address = '', port = ''] = text.split(':');
  const bytes = address.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? [];
  const isIpv4 = bytes.length === 4;
  return { address: isIpv4 ? bytes.reverse().join('.') : address, port: parseInt(port, 16) };
}
