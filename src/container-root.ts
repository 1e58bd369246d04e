// Warns about an engine in which root in a container is root on the host, because this defeats other protections: see
// docs/explanation/security.md.
import { connectEngine } from './activities/ports/docker/connect.js';
import { isRootApart } from './activities/ports/docker/engine-root.js';
import type { Config } from './config.js';
import type { SettingWarning } from './config-warnings.js';

/** The time limit for the engine. A slower engine is stuck, and must not delay the start. */
const ANSWER_MS = 2000;

/**
 * Returns no warning without one of these protections, or if no engine answers. The status of docker then has the
 * reason.
 */
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
    return undefined; // no engine, or its certificates can't be read; the worker reports this
  }
  return { text: 'setting.root_not_mapped', params: { names: names.join(', ') }, isRisk: true };
}
