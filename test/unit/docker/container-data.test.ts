import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { pack, type Header } from 'tar-stream';
import { expect, it, onTestFinished } from 'vitest';
import { copyOut } from '../../../src/activities/ports/docker/container-data.js';

/** A container that has this at /app/data, as its engine packs it. */
function containerOf(entries: (Partial<Header> & { name: string } & { text?: string })[]): Docker.Container {
  const archive = (): Promise<NodeJS.ReadableStream> => {
    const tar = pack();
    for (const { text = '', ...header } of entries) tar.entry(header, text);
    tar.finalize();
    return Promise.resolve(tar as unknown as NodeJS.ReadableStream);
  };
  return { getArchive: archive } as unknown as Docker.Container; // a copy asks for no more
}

function folder(): string {
  const into = mkdtempSync(join(tmpdir(), 'slipway-copy-'));
  onTestFinished(() => rmSync(into, { recursive: true }));
  return into;
}

const link = (name: string, linkname: string): Partial<Header> & { name: string } => ({
  name,
  type: 'symlink',
  linkname,
});

it('leaves out links that lead out of what is copied, and what can’t be unpacked, and copies all the rest', async () => {
  const into = folder();
  const container = containerOf([
    { name: 'data/', type: 'directory' },
    link('data/absolute', '/etc'),
    { name: 'data/again', type: 'link', linkname: 'data/absolute' },
    link('data/out', '../../../../etc/passwd'),
    link('data/beside', '../bot.db'),
    link('data/odd', '..\\..\\..\\etc'),
    { name: 'data/a\\..\\b', text: 'odd' },
    link('data/deep/er', '../x'),
    { name: 'data/x', text: 'kept' },
  ]);
  const copied = await copyOut(container, '/app/data', into);
  expect(copied?.path).toBe(join(into, 'data'));
  expect(copied?.leftOut.sort()).toEqual([
    'data/a\\..\\b',
    'data/absolute',
    'data/again',
    'data/beside',
    'data/odd',
    'data/out',
  ]);
  expect(readlinkSync(join(into, 'data/deep/er'))).toBe('../x');
  expect(readFileSync(join(into, 'data/deep/er'), 'utf8')).toBe('kept');
  for (const name of copied?.leftOut ?? []) expect(existsSync(join(into, name)), name).toBe(false);
});

it('a link in the place of what is copied is nothing to copy', async () => {
  const into = folder();
  expect(await copyOut(containerOf([link('data', '/')]), '/app/data', into)).toBeUndefined();
  expect(lstatSync(join(into, 'data'), { throwIfNoEntry: false })).toBeUndefined();
});

it('a failure of the disk stays one', async () => {
  await expect(copyOut(containerOf([{ name: 'data', text: 'x' }]), '/app/data', '/nowhere/at/all')).rejects.toThrow();
});
