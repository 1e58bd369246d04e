// Versions of Slipway that landed before this one, built from the history of this repository.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { readConfig } from '../../src/config.js';
import { toolsDir } from '../../src/programs.js';
import { PROJECT } from './slipway.js';

const COMMITS = {
  /** Set it to the last commit that landed, whenever something lands. */
  landed: '4996ebc16c32dc33b68d43bbcd3b10a9b3012b4e',
  /** Spoke to Temporal without certificates, and kept persisted data in a plain folder. */
  'without certificates': '1438fab99aaba9e709e08de452002fa872a3265b',
};
export type EarlierVersion = keyof typeof COMMITS;

/** Path of its `dist/start.js`. Built once, and kept among the tools. */
export async function earlierStart(version: EarlierVersion): Promise<string> {
  const commit = COMMITS[version];
  const folder = join(toolsDir(readConfig({ HOME: process.env.HOME })), `slipway-${commit}`);
  if (!existsSync(folder)) await build(commit, folder);
  linkPackages(folder); // of this checkout, as another one may be gone by now
  return join(folder, 'dist/start.js');
}

async function build(commit: string, folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}-building-`);
  const archive = join(building, 'source.tar');
  await execa('git', ['archive', '--output', archive, commit], { cwd: PROJECT });
  await execa('tar', ['-xf', archive, '-C', building]);
  rmSync(archive);
  linkPackages(building);
  await execa('npm', ['run', '--silent', 'build'], { cwd: building });
  renameSync(building, folder);
}

/** It needs nothing that this version has dropped. */
function linkPackages(folder: string): void {
  const packages = join(folder, 'node_modules');
  rmSync(packages, { force: true });
  symlinkSync(join(PROJECT, 'node_modules'), packages);
}
