// The metrics of the worker and of Temporal's SDK.
import type { MetricsExporterConfig } from '@temporalio/worker';
import getPort from 'get-port';
import type { Config } from '../config.js';
import { replaceFile } from '../files.js';
import type { Layout } from '../contract/layout.js';

/**
 * Opens the metrics endpoint on the set address, or on a free port of the loopback. The API reads the address from the
 * data folder.
 */
export async function openMetrics({ workerMetrics }: Config, at: Layout): Promise<MetricsExporterConfig> {
  const bindAddress = workerMetrics ?? `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
  await replaceFile(at.workerMetrics, `${bindAddress}\n`);
  return { prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true } };
}
