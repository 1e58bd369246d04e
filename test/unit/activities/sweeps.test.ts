import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { deploymentLog, instanceLog, serviceLogDir } from '../../../src/contract/layout.js';
import { writeFiles } from '../../support/activity-host.js';
import { age, createCleaningHost } from '../../support/garbage-collection.js';
import { SERVICE } from '../../support/host.js';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Puts files into a folder, each last changed so many hours ago. */
async function putAged(folder: string, hoursAgo: Record<string, number>): Promise<void> {
  await writeFiles(folder, Object.fromEntries(Object.keys(hoursAgo).map((name) => [name, ''])));
  for (const [name, hours] of Object.entries(hoursAgo)) age(join(folder, name), hours * HOUR_MS);
}

it('garbage collection keeps the log of a deployment during the retention period', async () => {
  const { layout: at, settings, cleanHost } = createCleaningHost();
  await writeFiles(at.logs, { 'deployments/old.ndjson': '', 'deployments/new.ndjson': '' });
  age(deploymentLog(at, 'old'), settings.retentionDays * DAY_MS + HOUR_MS);
  age(deploymentLog(at, 'new'), settings.retentionDays * DAY_MS - HOUR_MS);
  await cleanHost();
  expect(readdirSync(join(at.logs, 'deployments'))).toEqual(['new.ndjson']);
});

it('garbage collection keeps the logs of the twenty instances that wrote last and of existing instances', async () => {
  const { host, layout: at, cleanHost } = createCleaningHost();
  await host.processes.start(host.order('sleep 3600', { facts: { instanceId: 'i00' } }));
  const ids = Array.from({ length: 25 }, (_, index) => `i${String(index).padStart(2, '0')}`);
  for (const [index, id] of ids.entries()) {
    const log = `${id}.ndjson`;
    await putAged(serviceLogDir(at, SERVICE), { [log]: 100 - index, [`${log}.1`]: 200 });
  }
  age(instanceLog(at, SERVICE, 'i03'), 0); // no matter when it was started
  await cleanHost();
  const kept = readdirSync(serviceLogDir(at, SERVICE)).filter((name) => name.endsWith('.ndjson'));
  expect(kept).toEqual(['i00', 'i03', ...ids.slice(6)].map((id) => `${id}.ndjson`));
  expect(readdirSync(serviceLogDir(at, SERVICE))).toHaveLength(2 * kept.length);
});

it('garbage collection keeps the log of an idle container, and all logs if the engine can’t list its containers', async () => {
  const { ports, layout: at, cleanHost } = createCleaningHost();
  const logs = Object.fromEntries(Array.from({ length: 22 }, (_, index) => [`c${index}.ndjson`, index]));
  await putAged(serviceLogDir(at, SERVICE), logs);
  ports.containers.listInstances = () => Promise.reject(new Error('the engine is stuck'));
  await expect(cleanHost()).rejects.toThrow('the engine is stuck');
  expect(readdirSync(serviceLogDir(at, SERVICE))).toHaveLength(22);
  ports.containers.listInstances = () => Promise.resolve(['c21']);
  ports.containers.readRecord = () => Promise.resolve(undefined);
  await cleanHost();
  expect(readdirSync(serviceLogDir(at, SERVICE))).toEqual(
    Object.keys(logs)
      .filter((log) => log !== 'c20.ndjson')
      .sort(),
  );
});

it('garbage collection removes expired and incomplete uploads', async () => {
  const { layout: at, cleanHost } = createCleaningHost();
  const uploads = { 'up_1.tar.gz': 26, 'up_1.json': 26, '.up_2.partial': 26, 'up_3.tar.gz': 23, '.up_4.partial': 1 };
  await putAged(at.uploads, uploads);
  await cleanHost();
  expect(readdirSync(at.uploads).sort()).toEqual(['.up_4.partial', 'up_3.tar.gz']);
});

it('garbage collection keeps expired uploads while a deployment that could use these uploads is in flight', async () => {
  const { layout: at, entities, cleanHost } = createCleaningHost();
  await putAged(at.uploads, { 'up_1.tar.gz': 26 });
  let startedAt = Date.now() - 2 * HOUR_MS;
  entities.hasInFlightSince = (beforeMs) => Promise.resolve(startedAt < beforeMs);
  await cleanHost();
  expect(readdirSync(at.uploads)).toEqual(['up_1.tar.gz']);
  startedAt = Date.now();
  entities.readInFlight = () => Promise.resolve(['d1']);
  await cleanHost();
  expect(readdirSync(at.uploads)).toEqual([]);
});

it('garbage collection removes old files of probes that a killed worker left', async () => {
  const { layout: at, cleanHost } = createCleaningHost();
  await writeFiles(at.probes, { '1/pyvenv.cfg': '', '2/pyvenv.cfg': '' });
  age(join(at.probes, '1'), DAY_MS + HOUR_MS);
  await cleanHost();
  expect(readdirSync(at.probes)).toEqual(['2']);
});

it('garbage collection removes old lock files that aren’t held', async () => {
  const { layout: at, ports, cleanHost } = createCleaningHost();
  await putAged(at.locks, { 'deployment-old': 25, 'deployment-held': 25, 'environment-new': 23 });
  await ports.tools.withLock(join(at.locks, 'deployment-held'), cleanHost);
  expect(readdirSync(at.locks)).toEqual(['deployment-held', 'environment-new']);
});
