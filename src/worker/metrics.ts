// The worker's own measures and those of Temporal's SDK, where the API finds them.
import type { MetricsExporterConfig } from '@temporalio/worker';
import getPort from 'get-port';
import type { Config } from '../config.js';
import { replaceFile } from '../files.js';
import type { Layout } from '../contract/layout.js';

/** Where they are told: as set, else on any port of the loopback, which the API reads in the data folder. */
export async function openMetrics({ workerMetrics }: Config, at: Layout): Promise<MetricsExporterConfig> {
  const bindAddress = workerMetrics ?? `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
  await replaceFile(at.workerMetrics, `${bindAddress}\n`);
  return { prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true } };
}
