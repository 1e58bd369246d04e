// What an unregistered service left on this host: its data and its home outlive it until somebody asks for them to go.
import { stat } from 'node:fs/promises';
import { dataGuard, formerDataWriters, serviceData, serviceHome, type Layout } from '../contract/layout.js';
import { ifThere } from '../files.js';

const LEFT = [serviceHome, serviceData, dataGuard, formerDataWriters];

export async function hasLeftData(layout: Layout, service: string): Promise<boolean> {
  const found = await Promise.all(LEFT.map((path) => ifThere(stat(path(layout, service)))));
  return found.some((stats) => stats !== undefined);
}
