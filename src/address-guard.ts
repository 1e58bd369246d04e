// The policy for what Slipway connects to on behalf of others (git, callbacks, health URLs): never to loopback, private or
// link-local addresses unless a setting opens them, and never to the metadata services of clouds.
import { lookup as lookUp } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.process>;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

export interface AddressGuard {
  /** All addresses of a host, or the first that is denied; `unknown` when it has none at all. */
  judge(
    hostname: string,
  ): Promise<
    { verdict: 'allowed'; addresses: string[] } | { verdict: 'unknown' } | { verdict: 'denied'; address: string }
  >;
  /** Of an address in numbers. */
  isAllowed(address: string): boolean;
  /** The address in a URL that names its host in numbers, when it is denied: no look-up is made of those. */
  deniedNumber(url: string): string | undefined;
  /** For a connection: each address that a name has is checked, and only a checked one is connected to. */
  readonly lookup: LookupFunction;
}

export class AddressDenied extends Error {
  override readonly name = 'AddressDenied';
  readonly code = 'EADDRDENIED';
  constructor(readonly address: string) {
    super(`${address} lies in a network that is denied`);
  }
}

/** `allowed`: networks such as `10.0.0.0/8` or single addresses, that may be asked although they are private. */
export function createAddressGuard(allowed: readonly string[]): AddressGuard {
  const networks = allowed.map(readNetwork);

  const isAllowed = (text: string): boolean => {
    const address = ipaddr.process(text); // an IPv4 address that hides in IPv6 is told as what it is
    if (isMetadata(address)) return false;
    return isPublic(address) || networks.some((network) => holds(network, address));
  };

  async function addressesOf(hostname: string): Promise<string[]> {
    const bare = unbracketed(hostname);
    if (isIP(bare) !== 0) return [bare];
    const found = await lookUp(bare, { all: true });
    return found.map(({ address }) => address);
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
        (found) => {
          const denied = found.find(({ address }) => !isAllowed(address));
          const [first] = found;
          if (denied || !first) callback(new AddressDenied(denied?.address ?? hostname), '');
          else if (options.all) callback(null, found);
          else callback(null, first.address, first.family);
        },
        (error: unknown) => {
          callback(error as NodeJS.ErrnoException, '');
        },
      );
    },
  };
}

/** `::/96` once held IPv4 addresses, and may still lead to them. */
const COMPATIBLE = ipaddr.parseCIDR('::/96');
const isPublic = (address: Address): boolean => address.range() === 'unicast' && !holds(COMPATIBLE, address);

/**
 * They hand out the credentials of the machine: link-local ones of AWS, Google, Azure, DigitalOcean, OpenStack and Oracle,
 * Azure's wire server, Alibaba's, and AWS's and Google's in IPv6. No setting opens them.
 */
const METADATA = [
  '169.254.0.0/16',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::/32',
  'fd20:ce::254',
].map(readNetwork);
/** Networks whose addresses lead to an IPv4 address: NAT64 holds it at the end, 6to4 after its first 16 bits. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');
const SIX_TO_FOUR = ipaddr.parseCIDR('2002::/16');

function isMetadata(address: Address): boolean {
  return [address, ...embedded(address)].some((one) => METADATA.some((network) => holds(network, one)));
}

function embedded(address: Address): Address[] {
  const bytes = address.toByteArray();
  if (holds(NAT64, address) || holds(COMPATIBLE, address)) return [ipaddr.fromByteArray(bytes.slice(12))];
  return holds(SIX_TO_FOUR, address) ? [ipaddr.fromByteArray(bytes.slice(2, 6))] : [];
}

/** URLs write IPv6 in brackets. */
const unbracketed = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** Returns whether an address lies in one of the networks. What is no address lies in none. */
export function createNetworks(texts: readonly string[]): (address: string) => boolean {
  const networks = texts.map(readNetwork);
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return networks.some((network) => holds(network, address));
  };
}

/** What is not public and may still be a server of one's own. */
const PRIVATE_NETWORKS: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10', // also of overlay networks such as Tailscale
  '127.0.0.0/8',
  'fc00::/7',
  '::1',
];

/** What git may reach beyond the public networks: what is set, else what the data folder says of its past. */
export const gitNetworksOf = (set: readonly string[] | undefined, ofFolder: 'private' | 'public'): readonly string[] =>
  set ?? (ofFolder === 'private' ? PRIVATE_NETWORKS : []);

/** Throws a sentence when it is none. */
export function readNetwork(text: string): Network {
  if (ipaddr.isValid(text)) {
    const address = ipaddr.parse(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  }
  return ipaddr.parseCIDR(text);
}

const holds = ([network, bits]: Network, address: Address): boolean =>
  network.kind() === address.kind() && address.match(network, bits);
