// uv by pip, in a virtual environment among the tools, where it is not on PATH. Without it the uv mode is unavailable.
import { execa } from 'execa';
import type { Config } from '../config.js';
import { findProgram, uvVenv } from '../programs.js';
import { say, withProgress } from './say.js';

export async function getUv(config: Config, python: string): Promise<string | undefined> {
  const found = await findProgram('uv', config);
  if (found !== undefined || !config.installTools) return found;
  try {
    await withProgress('Installing uv', async () => {
      await execa(python, ['-m', 'venv', uvVenv(config)]);
      await execa(`${uvVenv(config)}/bin/pip`, ['install', '--quiet', '--disable-pip-version-check', 'uv']);
    });
  } catch (error) {
    say(
      `uv could not be installed, so the uv mode is unavailable: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
    );
  }
  return findProgram('uv', config);
}
