import type { InstanceExit } from '../contract/steps.js';
import type { InstancePort } from './ports/instance-port.js';

/**
 * How an instance whose keeper is gone has ended. When the keeper itself was killed nobody knows, and what it left
 * of the app is killed first. Undefined when there is no such instance, or it was forgotten.
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

/** Short and the same in every language: `exit 3`, `SIGKILL`. */
export function exitWords(exit: InstanceExit | undefined): string {
  if (!exit || exit.reason === 'keeper_lost') return 'keeper lost';
  return exit.signal ?? `exit ${exit.code ?? '?'}`;
}
