// Protections that an engine takes back in which root in a container is root on the host: see docs/explanation/security.md.
import { connectEngine } from './activities/ports/docker/connect.js';
import { isRootApart } from './activities/ports/docker/engine-root.js';
import type { Config } from './config.js';
import type { SettingWarning } from './config-warnings.js';

/** An engine that takes longer is stuck, and no start waits for it. */
const ANSWER_MS = 2000;

/** Nothing without a protection, and where no engine answers: the mode docker says why it does not. */
export async function containerRootWarning(
  config: Pick<Config, 'appUser' | 'engine' | 'isolation' | 'modes'>,
): Promise<SettingWarning | undefined> {
  const names = [
    ...(config.isolation === 'container' ? ['SLIPWAY_ISOLATION=container'] : []),
    ...(config.appUser === undefined ? [] : ['SLIPWAY_APP_USER']),
  ];
  if (names.length === 0 || !config.modes.includes('docker')) return undefined;
  try {
    if (await isRootApart(connectEngine(config.engine, ANSWER_MS).calls)) return undefined;
  } catch {
    return undefined; // no engine to warn of, or one whose certificates can't be read: the worker says so
  }
  return { text: 'setting.root_not_mapped', params: { names: names.join(', ') }, isRisk: true };
}
