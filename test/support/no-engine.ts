// The real ports of a host that has no Docker engine.
import Docker from 'dockerode';
import { createContainers, type ContainerPort } from '../../src/activities/ports/docker/container-port.js';
import { createEngine, type EnginePort } from '../../src/activities/ports/docker/engine.js';
import { createServiceNetworks, type ServiceNetworks } from '../../src/activities/ports/docker/service-networks.js';
import type { Layout } from '../../src/contract/layout.js';
import { inlineUnpacker } from './inline-unpacker.js';

/** Containers share the engine's default network. */
export const defaultNetwork = (docker: Docker): ServiceNetworks =>
  createServiceNetworks({ docker, hostId: 'h1', subnets: [] });

/** What the engine itself gives a container. */
export const NO_LIMITS = { capabilities: [], pids: 0, memoryBytes: 0, memoryMaxBytes: 0, cpusMax: 0 };

export function noEngine(layout: Layout): { engine: EnginePort; containers: ContainerPort } {
  const docker = new Docker({ socketPath: '/nowhere/docker.sock' });
  const masking = () => ({ mask: (text: string) => text, longest: 0 });
  const log = { warn: () => undefined };
  const clients = { calls: docker, streams: docker, looks: docker };
  const networks = defaultNetwork(docker);
  const unpacker = inlineUnpacker;
  return {
    engine: createEngine({ docker: clients, limits: NO_LIMITS, networks, unpacker }),
    containers: createContainers({
      ...{ docker: clients, layout, hostId: 'h1', limits: NO_LIMITS, networks, unpacker, masking, log },
      wantedBy: () => Promise.resolve([]),
    }),
  };
}
