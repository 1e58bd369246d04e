// What every container of Slipway's may do and use, unless the host's operator says otherwise.
import type Docker from 'dockerode';
import type { ContainerData } from './container-data.js';

export interface ContainerLimits {
  /** Beyond `CAPABILITIES`. */
  capabilities: readonly string[];
  /** Processes and threads; 0 for as many as the engine lets it have. */
  pids: number;
  /** Without a request's own `memory_mb`; 0 for all that the host has. */
  memoryBytes: number;
  /** The most that a container gets, whatever its request asks for; 0 for no limit. */
  memoryMaxBytes: number;
  cpusMax: number;
}

/**
 * Of root's powers within a container: what images need that begin as root, give folders to another user, and go on as that
 * user. Left out of the engine's own list are raw sockets, devices, other roots, audit, and capabilities of files.
 */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'];

/** Not for a container with data, which outlives it: a device there is the way to the host's disks for who comes after. */
const MAKES_DEVICES = 'MKNOD';

/** What a request asks for. */
export interface WantedResources {
  memoryBytes?: number;
  cpus?: number;
}

/**
 * No container gets swap beyond its memory. A request from before a maximum was set gets the maximum: the API refuses new
 * ones.
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
 * The engine refuses a container with more processors than its host has. An operator's maximum may be above that number,
 * and so may the request of a release that was made on a larger host. A check refuses new requests.
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

/** Of both, 0 is no limit. */
function atMost(most: number, wanted: number): number {
  if (most === 0) return wanted;
  return wanted === 0 ? most : Math.min(most, wanted);
}
