// Determines where git connects to. It resolves the host of a URL, checks it, and pins its addresses, so that the name
// can't resolve to another address afterwards.
import type { AddressGuard } from '../../address-guard.js';
import { SlipwayError } from '../../contract/errors.js';
import { shownUrl } from './git-command.js';

/** Additional settings of git and ssh. */
export interface GitRoute {
  /** `-c name=value` of git. */
  options: Record<string, string>;
  /** `-o Name=value` of ssh. */
  sshOptions: Record<string, string>;
  /** Added to the environment of tools. */
  environment: Record<string, string>;
}

/** The host in ssh's own configuration (`ssh -G`). */
export interface SshHost {
  hostname: string;
  port: string;
  hostKeyAlias?: string;
  /** True with a jump host or proxy command, which makes the connection elsewhere. */
  isProxied: boolean;
}

const DEFAULT_PORTS: Partial<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Returns the route over HTTP. `proxy` is the proxy that curl would use for this URL. */
export async function routeOverHttp(guard: AddressGuard, url: string, proxy?: string): Promise<GitRoute> {
  const { hostname, port, protocol } = new URL(url);
  const addresses = await allowedAddresses(guard, url, hostname, proxy !== undefined);
  const at = port || (DEFAULT_PORTS[protocol] ?? '');
  const pin = addresses.map(bracketed).join(',');
  return {
    options: {
      'http.followRedirects': 'false', // this also disables alternates that a server names
      ...(addresses.length > 0 && !isNumber(hostname) && { 'http.curloptResolve': `${hostname}:${at}:${pin}` }),
    },
    sshOptions: {},
    environment: proxy !== undefined && addresses.length === 0 ? onlyBy(proxy, protocol) : {},
  };
}

export async function routeOverSsh(guard: AddressGuard, url: string, host: SshHost): Promise<GitRoute> {
  const [address] = await allowedAddresses(guard, url, host.hostname, host.isProxied);
  if (address === undefined) return { options: {}, sshOptions: {}, environment: {} };
  const knownHostsName = host.port === '22' ? host.hostname : `[${host.hostname}]:${host.port}`; // in the format of known_hosts
  return {
    options: {},
    environment: {},
    sshOptions: { HostName: address, HostKeyAlias: host.hostKeyAlias ?? knownHostsName },
  };
}

/**
 * Returns the addresses of a host. Empty if only a proxy can resolve the name: the proxy then decides about the access.
 */
async function allowedAddresses(
  guard: AddressGuard,
  url: string,
  hostname: string,
  isProxied: boolean,
): Promise<string[]> {
  const judged = await guard.judge(hostname);
  const params = { source: shownUrl(url), host: hostname };
  if (judged.verdict === 'denied')
    throw new SlipwayError('source_unreachable', {
      text: 'source_unreachable.denied',
      params: { ...params, address: judged.address },
    });
  if (judged.verdict === 'allowed') return judged.addresses;
  if (isProxied) return [];
  throw new SlipwayError('source_unreachable', { text: 'source_unreachable.unknown_host', params, retryable: true });
}

/** Parses the output of `ssh -G`: a name and a value on each line. */
export function readSshHost(lines: readonly string[], hostname: string): SshHost {
  const values = new Map(lines.map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]));
  const proxies = ['proxycommand', 'proxyjump'].map((name) => values.get(name) ?? 'none');
  const alias = values.get('hostkeyalias');
  return {
    hostname: values.get('hostname') ?? hostname,
    port: values.get('port') ?? '22',
    ...(alias !== undefined && alias !== 'none' && { hostKeyAlias: alias }),
    isProxied: proxies.some((proxy) => proxy !== 'none'),
  };
}

/**
 * Sends all URLs of the scheme to the proxy, even if `no_proxy` has the name. The name was not checked here, and may
 * resolve to any address later.
 */
const onlyBy = (proxy: string, protocol: string): Record<string, string> => ({
  [`${protocol.slice(0, -1)}_proxy`]: proxy,
  no_proxy: '',
  NO_PROXY: '',
});

/** Returns curl's proxy for URLs of this scheme. */
export function proxyOf(url: string, environment: Readonly<Record<string, string>>): string | undefined {
  const scheme = new URL(url).protocol.slice(0, -1);
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'];
  return names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
}

/** Returns true for an IP address in a parsed URL, whose parser has normalized all spellings. */
const isNumber = (hostname: string): boolean => hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname);
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
