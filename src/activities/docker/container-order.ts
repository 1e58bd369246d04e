// Builds the start order of a container: its image, port, environment and limits.
import { SlipwayError } from '../../contract/errors.js';
import type { InstanceSpec } from '../../contract/steps.js';
import { secretNamesOf } from '../../secrets.js';
import { containerEnvironment } from '../app-environment.js';
import type { ContainerData } from '../ports/docker/container-data.js';
import type { ContainerOrder } from '../ports/docker/container-facts.js';
import type { EnginePort, ImageFacts } from '../ports/docker/engine.js';
import type { InstanceFacts } from '../ports/instance-port.js';
import { imageOf } from './image.js';

/** The port inside the container, for an image that exposes none. The app gets it as a variable. */
const TOLD_PORT = 8000;
const MIB = 1024 ** 2;

export async function containerOrder(
  engine: Pick<EnginePort, 'image'>,
  { facts, spec, variables }: { facts: InstanceFacts; spec: InstanceSpec; variables: Record<string, string> },
  dataFor: (image: { ref: string; facts: ImageFacts }) => Promise<ContainerData | undefined>,
): Promise<ContainerOrder> {
  const { image, imageFacts } = await mustHaveImage(engine, spec);
  const data = await dataFor({ ref: image, facts: imageFacts });
  const containerPort = facts.port === undefined ? undefined : portInside(spec, imageFacts);
  const { memory_mb: memory, cpus } = spec.resources ?? {};
  return {
    facts,
    image,
    ...(spec.command !== '' && { command: spec.command }),
    env: containerEnvironment({ spec, variables, instanceId: facts.instanceId, port: containerPort }),
    secretNames: secretNamesOf(variables, spec.plainVariables),
    ...(containerPort !== undefined && { containerPort }),
    ...(memory !== undefined && { memoryBytes: memory * MIB }),
    ...(cpus !== undefined && { cpus }),
    ...(data && { data }),
  };
}

export async function mustHaveImage(
  engine: Pick<EnginePort, 'image'>,
  { service, environmentKey }: Pick<InstanceSpec, 'service' | 'environmentKey'>,
): Promise<{ image: string; imageFacts: ImageFacts }> {
  const image = imageOf(service, environmentKey);
  const imageFacts = await engine.image(image);
  if (!imageFacts) throw new SlipwayError('engine_unavailable', { text: 'docker.image_gone', params: { image } });
  return { image, imageFacts };
}

/** Returns the request's port if the image exposes it or exposes nothing. Otherwise returns the first exposed port. */
function portInside({ port }: InstanceSpec, { exposed, firstPort }: ImageFacts): number {
  if (port !== undefined && (exposed.length === 0 || exposed.includes(port))) return port;
  return firstPort ?? [...exposed].sort((a, b) => a - b)[0] ?? TOLD_PORT;
}
