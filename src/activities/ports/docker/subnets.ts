// Chooses the subnet of a service's network: a free block of the operator's pool. Pure.
import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';

/**
 * 16 addresses: the engine takes 3 of them, which leaves 13 for one service. It has one container, a second one at a
 * switch, some that drain, and its release command.
 */
export const SUBNET_PREFIX = 28;
const SUBNET_SIZE = 2 ** (32 - SUBNET_PREFIX);
/**
 * Routes for a half or a quarter of all addresses are parts of a default route, as VPNs set it. They reserve no
 * addresses.
 */
const LEAST_ROUTE_PREFIX = 8;

/** IPv4 addresses as numbers, both included. */
interface Block {
  first: number;
  last: number;
}

/** Parses an IPv4 network. Undefined for anything else. */
function readBlock(cidr: string): Block | undefined {
  if (!ipaddr.IPv4.isValidCIDR(cidr)) return undefined;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  const size = 2 ** (32 - prefix);
  const number = address.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}

const overlaps = (block: Block, other: Block): boolean => block.first <= other.last && other.first <= block.last;

const textOf = (first: number): string =>
  `${[24, 16, 8, 0].map((bits) => Math.floor(first / 2 ** bits) % 256).join('.')}/${SUBNET_PREFIX}`;

/**
 * Returns a subnet of the pool that overlaps none in use, or undefined if there is none. The search starts at a place
 * that `key` decides, so a network that is created again gets the same addresses if they are still free.
 */
export function chooseSubnet(pool: readonly string[], inUse: readonly string[], key: string): string | undefined {
  const taken = inUse.flatMap((cidr) => readBlock(cidr) ?? []);
  const start = createHash('sha256').update(key).digest().readUInt32BE(0);
  for (const block of pool.flatMap((cidr) => readBlock(cidr) ?? [])) {
    const relevant = taken.filter((other) => overlaps(block, other));
    const count = Math.floor((block.last - block.first + 1) / SUBNET_SIZE);
    for (let i = 0; i < count; i += 1) {
      const first = block.first + ((start + i) % count) * SUBNET_SIZE;
      const subnet = { first, last: first + SUBNET_SIZE - 1 };
      if (!relevant.some((other) => overlaps(subnet, other))) return textOf(first);
    }
  }
  return undefined;
}

/** Returns the networks that a host has routes to, from the text of `/proc/net/route`, without its default routes. */
export function routedNetworks(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.trim().split(/\s+/);
      if (destination === undefined || mask === undefined) return [];
      const prefix = bytesOf(mask).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
      return prefix < LEAST_ROUTE_PREFIX ? [] : [`${bytesOf(destination).join('.')}/${prefix}`];
    });
}

/** Parses an address, which the kernel writes as a little-endian number in hexadecimal. */
const bytesOf = (hex: string): number[] => [...Buffer.from(hex, 'hex')].reverse();
