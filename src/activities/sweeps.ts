// Parts of the daily clean-up that remove files by age: logs, uploads, lock files, and files of killed processes.
import { join } from 'node:path';
import { deploymentLogs, serviceLogs } from '../contract/layout.js';
import { inTurn } from './in-turn.js';
import type { Ports } from './ports/index.js';
import { runtimesOf } from './runtimes.js';
import type { HostSettings } from './settings.js';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** An upload can be deployed for a day after it is complete, which is slightly later than its last write. */
const UPLOAD_KEPT_MS = 25 * HOUR_MS;
/**
 * A deployment of such an upload started longer ago than this. The rest of the 25 hours allows for different clocks.
 */
const ACCEPTED_WITHIN_MS = HOUR_MS / 2;
/** Much longer than a step, which can't exceed a deployment's limit of an hour. */
const MARKS_KEPT_MS = 7 * DAY_MS;
/** The number of logs of removed instances that are kept: enough for an app that was restarted all night. */
const INSTANCES_REMEMBERED = 20;

export type Sweep = (signal: AbortSignal) => Promise<void>;

export function createSweeps(
  ports: Pick<Ports, 'disk' | 'entities' | 'processes' | 'containers' | 'tools'>,
  settings: HostSettings,
): Sweep[] {
  const { disk, entities, tools } = ports;
  const { layout, retentionDays } = settings;
  return [sweepDeploymentLogs, sweepServiceLogs, sweepUploads, sweepMarks, sweepProbes, sweepLocks];

  async function sweepDeploymentLogs(signal: AbortSignal): Promise<void> {
    await removeAll(await olderIn(deploymentLogs(layout), retentionDays * DAY_MS), signal);
  }

  /** Removes marks of terminated deployments, and records of workers that aren't needed any more. */
  async function sweepMarks(signal: AbortSignal): Promise<void> {
    for (const folder of [layout.begunSteps, layout.workerEnds])
      await removeAll(await olderIn(folder, MARKS_KEPT_MS), signal);
  }

  async function sweepServiceLogs(signal: AbortSignal): Promise<void> {
    for (const { name: service } of await disk.list(serviceLogs(layout))) {
      const logs = await instanceLogs(join(serviceLogs(layout), service));
      const existing = await instances(); // read last, because an instance exists before its log
      const unneeded = logs.slice(INSTANCES_REMEMBERED).filter(({ instanceId }) => !existing.has(instanceId));
      await removeAll(
        unneeded.flatMap(({ paths }) => paths),
        signal,
      );
    }
  }

  /** Returns all instances. Fails if an engine can't be queried, because unknown instances may exist. */
  async function instances(): Promise<Set<string>> {
    const lists = await Promise.all(runtimesOf(ports, settings).map((runtime) => runtime.listInstances()));
    return new Set(lists.flat());
  }

  /** Returns the logs, the last written first. */
  async function instanceLogs(folder: string): Promise<InstanceLog[]> {
    const logs = new Map<string, InstanceLog>();
    for (const { name } of await disk.list(folder)) {
      const instanceId = /^(.+)\.ndjson(\.\d+)?$/.exec(name)?.[1];
      if (instanceId === undefined) continue;
      const path = join(folder, name);
      const log = logs.get(instanceId) ?? { instanceId, paths: [], at: 0 };
      const at = Math.max(log.at, (await disk.modifiedAt(path)) ?? 0);
      logs.set(instanceId, { instanceId, paths: [...log.paths, path], at });
    }
    return [...logs.values()].sort((a, b) => b.at - a.at);
  }

  /**
   * Removes old uploads, including incomplete ones. If a deployment that could use one of them is still running, all
   * stay.
   */
  async function sweepUploads(signal: AbortSignal): Promise<void> {
    const old = await olderIn(layout.uploads, UPLOAD_KEPT_MS);
    if (old.length === 0 || (await entities.hasInFlightSince(Date.now() - ACCEPTED_WITHIN_MS))) return;
    await removeAll(old, signal);
  }

  async function sweepProbes(signal: AbortSignal): Promise<void> {
    await removeAll(await olderIn(layout.probes, DAY_MS), signal);
  }

  /** Removes old lock files while holding them. A process that waits for the lock detects this, and uses a new file. */
  async function sweepLocks(signal: AbortSignal): Promise<void> {
    const removeIfFree = (path: string): Promise<void> => tools.ifFree(path, () => disk.remove(path), signal);
    await inTurn(await olderIn(layout.locks, DAY_MS), removeIfFree, signal);
  }

  function removeAll(paths: readonly string[], signal: AbortSignal): Promise<void> {
    return inTurn(paths, (path) => disk.remove(path), signal);
  }

  async function olderIn(folder: string, ageMs: number): Promise<string[]> {
    const paths = (await disk.list(folder)).map(({ name }) => join(folder, name));
    const before = Date.now() - ageMs;
    const ages = await Promise.all(paths.map((path) => disk.modifiedAt(path)));
    return paths.filter((_, index) => (ages[index] ?? Infinity) < before);
  }
}

interface InstanceLog {
  instanceId: string;
  /** The file and its rotated parts. */
  paths: string[];
  /** The time of the last write. */
  at: number;
}
