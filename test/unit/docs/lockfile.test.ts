import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

interface Lock {
  packages: Record<string, { integrity?: string; resolved?: string; link?: boolean }>;
}

it('each package in the lockfile has a SHA-512 checksum and comes from a registry', () => {
  const lock = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')) as Lock;
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  expect(packages.length).toBeGreaterThan(100);
  for (const [path, { integrity, resolved = '', link }] of packages) {
    expect([path, link, integrity]).toEqual([path, undefined, expect.stringMatching(/^sha512-[\w+/]{86}==$/)]);
    expect([path, resolved]).toEqual([path, expect.not.stringMatching(/^(git|file|http:|github:)/)]);
  }
});
