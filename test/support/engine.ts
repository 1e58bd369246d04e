// The Docker engine of this machine, for tests that need a real one.
import Docker from 'dockerode';
import { LABELS } from '../../src/activities/ports/docker/labels.js';

export const ENGINE = 'unix:///var/run/docker.sock';
export const docker = new Docker({ socketPath: ENGINE.slice('unix://'.length) });
/** Base of every image that tests build: nothing is pulled. */
export const BASE_IMAGE = 'python:3.11-slim';

/** Why docker tests can't run here; undefined when they can. */
export async function engineMissing(): Promise<string | undefined> {
  try {
    await docker.ping();
    await docker.getImage(BASE_IMAGE).inspect();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Beside those of a Slipway: tests of both run at once. */
export const SUBNETS = ['10.206.0.0/24'];

export interface Owned {
  containers: Docker.ContainerInfo[];
  images: Docker.ImageInfo[];
  networks: Docker.NetworkInspectInfo[];
}

/** All that the engine holds of one Slipway's host. */
export async function ownedBy(hostId: string): Promise<Owned> {
  const label = [`${LABELS.host}=${hostId}`];
  return {
    containers: await docker.listContainers({ all: true, filters: { label } }),
    images: await docker.listImages({ all: true, filters: { label } }),
    networks: await docker.listNetworks({ filters: { label } }),
  };
}

export async function removeAllOf(hostId: string): Promise<void> {
  const { containers, networks } = await ownedBy(hostId);
  for (const { Id } of containers) await docker.getContainer(Id).remove({ force: true, v: true });
  for (const { Id } of networks) await docker.getNetwork(Id).remove();
  // Those with a name: what the classic builder made on the way to them goes with them.
  const images = await docker.listImages({ filters: { label: [`${LABELS.host}=${hostId}`] } });
  for (const { Id } of images) await docker.getImage(Id).remove({ force: true });
}
