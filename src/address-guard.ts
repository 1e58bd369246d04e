// Decides which addresses Slipway may connect to for others (git, callbacks, health URLs). Loopback, private and
// link-local addresses are denied unless a setting allows them. The metadata services of clouds are always denied.
import { lookup as lookUp } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.process>;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

export interface AddressGuard {
  /** Returns all addresses of a host, or the first denied address. `unknown`: the host has no address. */
  judge(
    hostname: string,
  ): Promise<
    { verdict: 'allowed'; addresses: string[] } | { verdict: 'unknown' } | { verdict: 'denied'; address: string }
  >;
  /** Returns true if an IP address is allowed. */
  isAllowed(address: string): boolean;
  /**
   * Returns the denied address in a URL that has an IP address as its host, because no name is resolved for such URLs.
   */
  deniedNumber(url: string): string | undefined;
  /**
   * Resolves the host of a connection. Every address of the host is checked, so only allowed addresses are connected
   * to.
   */
  readonly lookup: LookupFunction;
}

export class AddressDenied extends Error {
  override readonly name = 'AddressDenied';
  readonly code = 'EADDRDENIED';
  constructor(readonly address: string) {
    super(`${address} lies in a network that is denied`);
  }
}

/**
 * Creates a guard. `allowed`: networks such as `10.0.0.0/8`, or single addresses, that are allowed although they are
 * private.
 */
export function createAddressGuard(allowed: readonly string[]): AddressGuard {
  const networks = allowed.map(readNetwork);

  const isAllowed = (text: string): boolean => {
    const address = ipaddr.process(text); // converts an IPv4 address in IPv6 form to IPv4
    if (isMetadata(address)) return false;
    return isPublic(address) || networks.some((network) => holds(network, address));
  };

  async function addressesOf(hostname: string): Promise<string[]> {
    const bare = unbracketed(hostname);
    if (isIP(bare) !== 0) return [bare];
    const resolved = await lookUp(bare, { all: true });
    return resolved.map(({ address }) => address);
  }

  return {
    isAllowed,
    deniedNumber(url) {
      const host = unbracketed(new URL(url).hostname);
      return isIP(host) !== 0 && !isAllowed(host) ? host : undefined;
    },
    async judge(hostname) {
      const addresses = await addressesOf(hostname).catch(() => []);
      if (addresses.length === 0) return { verdict: 'unknown' };
      const denied = addresses.find((address) => !isAllowed(address));
      return denied === undefined ? { verdict: 'allowed', addresses } : { verdict: 'denied', address: denied };
    },
    lookup: (hostname, options, callback) => {
      lookUp(hostname, { ...options, all: true }).then(
        (resolved) => {
          const denied = resolved.find(({ address }) => !isAllowed(address));
          const [first] = resolved;
          if (denied || !first) callback(new AddressDenied(denied?.address ?? hostname), '');
          else if (options.all) callback(null, resolved);
          else callback(null, first.address, first.family);
        },
        (error: unknown) => {
          callback(error as NodeJS.ErrnoException, '');
        },
      );
    },
  };
}

/** `::/96` was once used for IPv4 addresses, and may still be routed to them. */
const COMPATIBLE = ipaddr.parseCIDR('::/96');
const isPublic = (address: Address): boolean => address.range() === 'unicast' && !holds(COMPATIBLE, address);

/**
 * The addresses of metadata services, which return the credentials of the machine: link-local for AWS, Google, Azure,
 * DigitalOcean, OpenStack and Oracle; Azure's wire server; Alibaba's; and the IPv6 addresses of AWS and Google. No
 * setting allows them.
 */
const METADATA = [
  '169.254.0.0/16',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::/32',
  'fd20:ce::254',
].map(readNetwork);
/** Networks with an embedded IPv4 address: in the last 32 bits for NAT64, and after the first 16 bits for 6to4. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');
const SIX_TO_FOUR = ipaddr.parseCIDR('2002::/16');

function isMetadata(address: Address): boolean {
  return [address, ...embedded(address)].some((candidate) => METADATA.some((network) => holds(network, candidate)));
}

function embedded(address: Address): Address[] {
  const bytes = address.toByteArray();
  if (holds(NAT64, address) || holds(COMPATIBLE, address)) return [ipaddr.fromByteArray(bytes.slice(12))];
  return holds(SIX_TO_FOUR, address) ? [ipaddr.fromByteArray(bytes.slice(2, 6))] : [];
}

/** Removes the brackets of an IPv6 address in a URL. */
const unbracketed = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** Returns a function that returns true if an address is in one of the networks, and false for any other text. */
export function createNetworks(texts: readonly string[]): (address: string) => boolean {
  const networks = texts.map(readNetwork);
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return networks.some((network) => holds(network, address));
  };
}

/** Private networks that may contain the operator's own servers. */
const PRIVATE_NETWORKS: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10', // includes overlay networks such as Tailscale
  '127.0.0.0/8',
  'fc00::/7',
  '::1',
];

/** Returns the non-public networks that git may access: from the setting, or else from the data folder's history. */
export const gitNetworksOf = (set: readonly string[] | undefined, ofFolder: 'private' | 'public'): readonly string[] =>
  set ?? (ofFolder === 'private' ? PRIVATE_NETWORKS : []);

/** Parses a network or an address. Throws if the text is neither. */
export function readNetwork(text: string): Network {
  if (ipaddr.isValid(text)) {
    const address = ipaddr.parse(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  }
  return ipaddr.parseCIDR(text);
}

const holds = ([network, bits]: Network, address: Address): boolean =>
  network.kind() === address.kind() && address.match(network, bits);
