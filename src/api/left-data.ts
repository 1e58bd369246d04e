// Detects the data and home of an unregistered service on this host. Both are kept until a purge.
import { stat } from 'node:fs/promises';
import { dataGuard, formerDataWriters, serviceData, serviceHome, type Layout } from '../contract/layout.js';
import { ifThere } from '../files.js';

const LEFT = [serviceHome, serviceData, dataGuard, formerDataWriters];

export async function hasLeftData(layout: Layout, service: string): Promise<boolean> {
  const allStats = await Promise.all(LEFT.map((path) => ifThere(stat(path(layout, service)))));
  return allStats.some((stats) => stats !== undefined);
}
