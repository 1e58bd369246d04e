import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createConfigure } from '../../src/activities/configure.js';
import { processIds, wasStartedWith } from '../../src/activities/ports/proc.js';
import { createProcesses } from '../../src/activities/ports/process-port.js';
import { deploymentLock, releaseDir } from '../../src/contract/layout.js';
import type { ConfigureInput } from '../../src/contract/steps.js';
import { act, eventually, fileText, processesWith, readLog, runActivity } from '../support/activity-host.js';
import { noEngine } from '../support/no-engine.js';
import { install } from '../support/installing.js';
import { KEEPER, keeperOfTool, markOf } from '../support/processes.js';

const PASSWORD = 'hunter2-and-more';

async function configured(releaseCommand: string | undefined, variables: Record<string, string> = {}) {
  const { host, input } = await install('uv', { fixture: 'needs-release-command' });
  const sealed = Object.entries(variables).map(([name, value]) => [
    name,
    host.settings.secrets.seal(value, { service: 'shop', name }),
  ]);
  const health = { path: '/', timeoutMs: 1, intervalMs: 1, minUptimeMs: 1, skip: false };
  const { deploymentId, environmentKey, release } = input;
  const spec = {
    service: 'shop',
    deploymentId,
    mode: 'uv',
    environment: 'prod',
    environmentKey,
    command: release.command,
    kind: release.kind,
    variables: Object.fromEntries(sealed) as Record<string, string>,
    health,
  } as const;
  const order: ConfigureInput = { deploymentId, service: 'shop', attempt: 1, mode: 'uv', spec, releaseCommand };
  const ports = { ...host.ports, processes: createProcesses(host.at, KEEPER), ...noEngine(host.at) };
  const run = () => createConfigure(ports, host.settings).configureRelease(order);
  return {
    host,
    deploymentId,
    release,
    folder: releaseDir(host.at, 'shop', deploymentId),
    log: () => readLog(host, deploymentId),
    run,
  };
}

test('the release command runs in the release folder with the environment of the app and a masked log', async () => {
  const { host, release, folder, log, run } = await configured(
    'python migrate.py && echo "$HOME $PASSWORD ${SLIPWAY_INSTANCE-none}"',
    { PASSWORD },
  );
  expect(release).toMatchObject({ releaseCommand: 'python migrate.py', kind: 'web' });
  await act(run);
  expect(fileText(join(folder, 'migrated.txt'))).toContain('migrated by uv_test_');
  expect(await log()).toContain('migrating prod');
  expect(await log()).toContain(`${host.at.homes}/shop ******** none`);
  expect(await log()).not.toContain(PASSWORD);
});

test('a failed release command is reported with its exit code and the masked last lines of its output', async () => {
  const { run } = await configured('echo "cannot reach $PASSWORD"; exit 7', { PASSWORD });
  await expect(act(run)).rejects.toEqual(
    expect.objectContaining({
      code: 'release_command_failed',
      retryable: false,
      params: { exit: 7 },
      logTail: ['cannot reach ********'],
    }),
  );
});

test('the home folder of the service is created even without a release command', async () => {
  const { host, log, run } = await configured(undefined);
  await act(run);
  expect(existsSync(join(host.at.homes, 'shop'))).toBe(true);
  expect(await log()).not.toContain('"step":"configure"');
});

test('a cancel ends the release command and its child processes', async () => {
  const mark = `slipway-release-${String(process.pid)}`;
  const { run } = await configured(`sh -c 'while :; do sleep 1; done' ${mark} & wait`);
  const { result, cancel } = runActivity(run);
  await eventually(() => processesWith(mark).length > 1);
  cancel();
  await expect(result).rejects.toThrow('cancelled');
  expect(processesWith(mark)).toEqual([]);
});

test('a release command whose keeper was killed is retryable, and its processes are ended before the next run', async () => {
  const first = `setsid sh -c 'touch begun; sleep 60; true' >/dev/null 2>&1 & sleep 60; true`;
  const { host, deploymentId, folder, run } = await configured(`if test -e begun; then exit 0; fi; ${first}`);
  const { result } = runActivity(run);
  await eventually(() => existsSync(join(folder, 'begun')));
  const mark = markOf(deploymentLock(host.at, deploymentId));
  process.kill(keeperOfTool(mark)!, 'SIGKILL');
  await expect(result).rejects.toMatchObject({ code: 'internal', retryable: true });
  expect(processIds().filter((pid) => wasStartedWith(pid, mark))).toEqual([]);
  await act(run);
});
