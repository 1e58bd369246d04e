// The real ports of a host that has no Docker engine.
import Docker from 'dockerode';
import { createContainers, type ContainerPort } from '../../src/activities/ports/docker/container-port.js';
import { createEngine, type EnginePort } from '../../src/activities/ports/docker/engine.js';
import type { Layout } from '../../src/contract/layout.js';

export function noEngine(layout: Layout): { engine: EnginePort; containers: ContainerPort } {
  const docker = new Docker({ socketPath: '/nowhere/docker.sock' });
  const masking = () => ({ mask: (text: string) => text, longest: 0 });
  const log = { warn: () => undefined };
  const clients = { calls: docker, streams: docker };
  return {
    engine: createEngine(clients),
    containers: createContainers({ docker: clients, layout, hostId: 'h1', masking, log }),
  };
}
