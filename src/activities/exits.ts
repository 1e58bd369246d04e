import type { InstanceExit } from '../contract/steps.js';
import type { InstancePort } from './ports/instance-port.js';

/**
 * Returns how an instance without a keeper has ended. If the keeper itself was killed, the reason is `keeper_lost`, and
 * the rest of the app is killed first. Undefined if the instance doesn't exist any more.
 */
export async function settleExit(
  runtime: Pick<InstancePort<never>, 'readExit' | 'readRecord' | 'sweep'>,
  instanceId: string,
): Promise<InstanceExit | undefined> {
  const exit = await runtime.readExit(instanceId);
  if (exit) return exit;
  if (!(await runtime.readRecord(instanceId))) return undefined;
  await runtime.sweep(instanceId);
  return { code: null, signal: null, at: new Date().toISOString(), reason: 'keeper_lost' };
}

/** Returns a short text that is the same in every language: `exit 3`, `SIGKILL`. */
export function exitWords(exit: InstanceExit | undefined): string {
  if (!exit || exit.reason === 'keeper_lost') return 'keeper lost';
  return exit.signal ?? `exit ${exit.code ?? '?'}`;
}
