// Reads files of an image through a container that never starts.
import type Docker from 'dockerode';
import { copyOut, statIn, type CopiedOut, type CopyOrder } from './container-data.js';
import type { UnpackPort } from '../unpack/unpack-port.js';
import { removeContainer } from './engine-calls.js';
import { containerLabels } from './labels.js';

/** `at` is a path in the image. */
export interface ImageFilesOrder extends CopyOrder {
  image: string;
  /** The name of the container. An earlier container with this name is removed first. */
  name: string;
  labels: Record<string, string>;
}

/** Returns undefined if the image has no such file or folder. A link doesn't count. */
export async function copyFromImage(
  docker: Docker,
  unpacker: UnpackPort,
  { image, name, labels, ...order }: ImageFilesOrder,
): Promise<CopiedOut | undefined> {
  await removeContainer(docker, name);
  const container = await docker.createContainer({
    Image: image,
    name,
    Entrypoint: [],
    Cmd: ['true'],
    Labels: containerLabels(labels),
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    if ((await statIn(container, order.at))?.kind !== 'other') return undefined;
    return await copyOut(container, unpacker, order);
  } finally {
    await removeContainer(docker, name);
  }
}
