// A data folder of its own with real keepers in it, for tests of instances.
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InstanceFacts } from '../../src/activities/ports/instance-port.js';
import { createProcesses, type ProcessPort, type StartConfig } from '../../src/activities/ports/process-port.js';
import { layout, releaseDir, type Layout } from '../../src/contract/layout.js';
import type { HealthSpec } from '../../src/contract/steps.js';
import { fixtureApp, KEEPER } from './processes.js';

export const HEALTH: HealthSpec = { path: '/', timeoutMs: 10_000, intervalMs: 200, minUptimeMs: 300, skip: false };
export const SERVICE = 'shop';
/** Names shared by all test apps: PATH finds the interpreter under the name `python`, as in an environment. */
export const PATH = `${dirname(KEEPER.python)}:/usr/bin:/bin`;

export interface Host {
  layout: Layout;
  processes: ProcessPort;
  /** What starts `command` in a shell, under a new instance id. */
  order(
    command: string,
    changes?: Partial<Omit<StartConfig, 'facts'>> & { facts?: Partial<InstanceFacts> },
  ): StartConfig;
  /** Puts a fixture app where a release of that deployment lies. */
  release(deploymentId: string, app: string): void;
  /** Kills what runs, and removes the folder. */
  close(): Promise<void>;
}

export function createHost(): Host {
  const root = mkdtempSync(join(tmpdir(), 'slipway-host-'));
  const at = layout(root);
  const processes = createProcesses(at, KEEPER);
  return {
    layout: at,
    processes,
    order(command, { facts, ...changes } = {}) {
      const instanceId = facts?.instanceId ?? `i-${randomUUID()}`;
      return {
        facts: { instanceId, service: SERVICE, deploymentId: 'd1', kind: 'worker', health: HEALTH, ...facts },
        command,
        cwd: root,
        mask: [],
        graceMs: 300,
        ...changes,
        env: { PATH, SLIPWAY_INSTANCE: instanceId, ...changes.env },
      };
    },
    release(deploymentId, app) {
      const dir = releaseDir(at, SERVICE, deploymentId);
      mkdirSync(dirname(dir), { recursive: true });
      symlinkSync(fixtureApp(app), dir);
    },
    async close() {
      for (const instanceId of await processes.listInstances()) {
        const record = await processes.readRecord(instanceId);
        if (record && processes.isAlive(instanceId)) process.kill(record.keeperPid, 'SIGKILL');
        await processes.waitGone(instanceId);
        await processes.sweep(instanceId);
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}
