// Which addresses outside Slipway may be asked: never loopback, private or link-local ones, unless a setting opens them.
import { lookup as lookUp } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.process>;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

export interface AddressGuard {
  /** The first address of a host that is denied; `unknown` when it has none at all. */
  judge(hostname: string): Promise<{ verdict: 'allowed' | 'unknown' } | { verdict: 'denied'; address: string }>;
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
      return denied === undefined ? { verdict: 'allowed' } : { verdict: 'denied', address: denied };
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

/** URLs write IPv6 in brackets. */
const unbracketed = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

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
