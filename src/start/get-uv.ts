// Installs uv with pip in a virtual environment among the tools, if uv isn't on PATH. Without uv, the uv mode is
// unavailable.
import { rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Config } from '../config.js';
import { findProgram, uvVenv } from '../programs.js';
import { printLine, withProgress } from './terminal.js';

/** The hashes of one version's wheels, for Linux (glibc and musl) and macOS. pip rejects any other file. */
const UV_REQUIREMENT = [
  'uv==0.13.9',
  '--hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19',
  '--hash=sha256:ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375',
  '--hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe',
  '--hash=sha256:2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25',
  '--hash=sha256:66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63',
  '--hash=sha256:c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5',
].join(' ');

/**
 * Returns the path of uv, and installs it if it is missing. `SLIPWAY_INSTALL_TOOLS=0` prevents the installation. A uv
 * that was installed earlier stays.
 */
export async function getUv(config: Config, python: string): Promise<string | undefined> {
  const existing = await findProgram('uv', config);
  if (existing !== undefined || !config.installTools) return existing;
  try {
    await withProgress('Installing uv', () => installUv(config, python));
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    printLine(`uv could not be installed, so the uv mode is unavailable: ${reason}`);
  }
  return findProgram('uv', config);
}

async function installUv(config: Config, python: string): Promise<void> {
  const venv = uvVenv(config);
  const requirements = `${venv}/requirements.txt`;
  await execa(python, ['-m', 'venv', venv]);
  await writeFile(requirements, `${UV_REQUIREMENT}\n`);
  const quietly = ['--quiet', '--disable-pip-version-check', '--only-binary=:all:', '--require-hashes'];
  await execa(`${venv}/bin/pip`, ['install', ...quietly, '-r', requirements]);
  await rm(requirements);
}
