// Files of an image, had by way of a container that never starts.
import type Docker from 'dockerode';
import { copyOut, statIn, type CopiedOut, type CopyOrder } from './container-data.js';
import type { UnpackPort } from '../unpack/unpack-port.js';
import { removeContainer } from './engine-calls.js';

/** `at` is a path in the image. */
export interface ImageFilesOrder extends CopyOrder {
  image: string;
  /** Of the container; an earlier one of that name goes first. */
  name: string;
  labels: Record<string, string>;
}

/** Undefined when the image has no such file or folder. A link is none. */
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
    Labels: labels,
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    if ((await statIn(container, order.at))?.kind !== 'other') return undefined;
    return await copyOut(container, unpacker, order);
  } finally {
    await removeContainer(docker, name);
  }
}
