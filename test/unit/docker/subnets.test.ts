import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { chooseSubnet, routedNetworks } from '../../../src/activities/ports/docker/subnets.js';

const POOL = ['10.207.0.0/24', '172.30.0.0/25'];
const SUBNETS_IN_POOL = 16 + 8;

const overlap = (one: string, other: string): boolean => {
  const [a, b] = [ipaddr.IPv4.parseCIDR(one), ipaddr.IPv4.parseCIDR(other)];
  return a[0].match(b[0], Math.min(a[1], b[1]));
};
const cidr = fc
  .tuple(
    fc.constantFrom('10.207.0.', '172.30.0.', '10.206.255.', '192.168.1.'),
    fc.nat(255),
    fc.integer({ min: 8, max: 32 }),
  )
  .map(([net, last, prefix]) => `${net}${last}/${prefix}`);

it('a free subnet of the pool is chosen, or no subnet if all subnets are in use', () => {
  fc.assert(
    fc.property(fc.array(cidr, { maxLength: 12 }), fc.string(), (inUse, key) => {
      const subnet = chooseSubnet(POOL, inUse, key);
      const all = [...Array(16).keys()].map((i) => `10.207.0.${i * 16}/28`);
      const more = [...Array(8).keys()].map((i) => `172.30.0.${i * 16}/28`);
      const free = [...all, ...more].filter((one) => !inUse.some((other) => overlap(one, other)));
      if (subnet === undefined) expect(free).toEqual([]);
      else expect(free).toContain(subnet);
    }),
  );
});

it('each subnet of the pool is used once before the pool is exhausted', () => {
  const inUse: string[] = [];
  for (let i = 0; i < SUBNETS_IN_POOL; i += 1) inUse.push(chooseSubnet(POOL, inUse, `service-${i}`)!);
  expect(new Set(inUse).size).toBe(SUBNETS_IN_POOL);
  expect(chooseSubnet(POOL, inUse, 'one more')).toBeUndefined();
});

it('a network that is created again gets the same subnet', () => {
  expect(chooseSubnet(['10.207.0.0/16'], ['10.0.0.0/24'], 'h1 shop')).toBe(
    chooseSubnet(['10.207.0.0/16'], [], 'h1 shop'),
  );
});

it('IPv6 networks and invalid networks are ignored when a subnet is chosen', () => {
  expect(chooseSubnet(['10.207.0.0/28'], ['fd00::/8', 'nonsense', ''], 'x')).toBe('10.207.0.0/28');
});

it('the routes of a host are read without its default routes', () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'tun0\t00000080\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0',
    'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'tun1\t0000CF0A\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0',
    '',
  ].join('\n');
  expect(routedNetworks(table)).toEqual(['172.17.0.0/16', '10.207.0.0/20']);
  expect(routedNetworks('')).toEqual([]);
});
