// The permissions and limits of Slipway's containers, unless the operator sets others.
import type Docker from 'dockerode';
import type { ContainerData } from './container-data.js';

export interface ContainerLimits {
  /** Capabilities in addition to `CAPABILITIES`. */
  capabilities: readonly string[];
  /** The number of processes and threads; 0 for the engine's own limit. */
  pids: number;
  /** The memory without a request's own `memory_mb`; 0 for no limit. */
  memoryBytes: number;
  /** The maximum for a container, whatever its request sets; 0 for no limit. */
  memoryMaxBytes: number;
  cpusMax: number;
}

/**
 * The capabilities of root in a container. They suffice for images that start as root, give folders to another user,
 * and continue as this user. The engine's own list also has raw sockets, devices, other roots, audit, and capabilities
 * of files.
 */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'];

/** Not for a container with data. A device in the data would give later containers access to the host's disks. */
const MAKES_DEVICES = 'MKNOD';

/** The resources that a request sets. */
export interface WantedResources {
  memoryBytes?: number;
  cpus?: number;
}

/**
 * Returns the limits of a container. No container gets swap in addition to its memory. A request from before a maximum
 * was set gets the maximum; the API rejects new ones.
 */
export function limitsOf(
  { capabilities, pids, memoryBytes: byDefault, memoryMaxBytes, cpusMax }: ContainerLimits,
  data: ContainerData | undefined,
  wanted: WantedResources = {},
): Docker.HostConfig {
  const memoryBytes = atMost(memoryMaxBytes, wanted.memoryBytes ?? byDefault);
  const cpus = atMost(cpusMax, wanted.cpus ?? 0);
  return {
    CapDrop: ['ALL'],
    CapAdd: [...CAPABILITIES, ...capabilities].filter((name) => !(data && name === MAKES_DEVICES)),
    SecurityOpt: ['no-new-privileges'],
    ...(pids > 0 && { PidsLimit: pids }),
    ...(memoryBytes > 0 && { Memory: memoryBytes, MemorySwap: memoryBytes }),
    ...(cpus > 0 && { NanoCpus: Math.round(cpus * NANO) }),
  };
}

/**
 * Limits the processors to those of the engine's host, because the engine refuses a container with more. An operator's
 * maximum may be larger, and so may the request of a release that was made on a larger host. A check rejects new
 * requests.
 */
export async function limitsOfHost(
  engine: Pick<Docker, 'info'>,
  limits: ContainerLimits,
  wantedCpus = 0,
): Promise<ContainerLimits> {
  if (limits.cpusMax === 0 && wantedCpus === 0) return limits;
  return { ...limits, cpusMax: atMost(limits.cpusMax, await cpusOfHost(engine)) };
}

export async function cpusOfHost(engine: Pick<Docker, 'info'>): Promise<number> {
  const { NCPU } = (await engine.info()) as { NCPU: number };
  return NCPU;
}

const NANO = 1e9;

/** Returns the smaller limit. 0 means no limit. */
function atMost(most: number, wanted: number): number {
  if (most === 0) return wanted;
  return wanted === 0 ? most : Math.min(most, wanted);
}
