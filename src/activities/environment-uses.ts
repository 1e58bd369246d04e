// Records which deployments use an environment or image that no service owns yet. A deployment writes a file for its
// use while it holds the lock of the environment.
//
// The clean-up reads these files under the same lock, and keeps environments that a deployment at the gate uses. A
// deployment without a file takes the lock later: if the environment is gone by then, it makes a new one.
import { join } from 'node:path';
import { environmentLock, environmentUses, type Layout } from '../contract/layout.js';
import type { InstallInput } from '../contract/steps.js';
import { onDisk } from './disk-errors.js';
import type { Ports } from './ports/index.js';
import type { HeldLock } from './ports/tools.js';

type Disk = Pick<Ports['disk'], 'writeAtomically' | 'list' | 'remove'>;

/** Runs `work`, which uses or builds the environment, under its lock and after the use is recorded. */
export function takingUp<T>(
  { disk, tools }: { disk: Disk; tools: Pick<Ports['tools'], 'withLock'> },
  at: Layout,
  { environmentKey: key, deploymentId }: Pick<InstallInput, 'environmentKey' | 'deploymentId'>,
  work: (lock: HeldLock) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const noted = async (lock: HeldLock): Promise<T> => {
    await onDisk(() => disk.writeAtomically(join(environmentUses(at, key), deploymentId), ''));
    return work(lock);
  };
  return tools.withLock(environmentLock(at, key), noted, signal);
}

/** Returns the deployments by the environment that they use, including ended ones. */
export async function readUses(disk: Disk, at: Layout): Promise<Map<string, string[]>> {
  const keys = (await disk.list(at.environmentUses)).map(({ name }) => name);
  const uses = keys.map(async (key) => [key, await usersOf(disk, at, key)] as const);
  return new Map(await Promise.all(uses));
}

export async function usersOf(disk: Disk, at: Layout, key: string): Promise<string[]> {
  return (await disk.list(environmentUses(at, key))).map(({ name }) => name);
}

/** Removes the records of ended deployments. The caller holds the lock, so that none is written meanwhile. */
export async function forgetUses(disk: Disk, at: Layout, key: string, over: readonly string[]): Promise<void> {
  for (const id of over) await disk.remove(join(environmentUses(at, key), id));
}
