// Files of an image, had by way of a container that never starts.
import type Docker from 'dockerode';
import { copyOut, statIn, type CopiedOut } from './container-data.js';
import { removeContainer } from './engine-calls.js';

export interface ImageFilesOrder {
  image: string;
  /** Of the container; an earlier one of that name goes first. */
  name: string;
  labels: Record<string, string>;
  /** Absolute, in the image. */
  at: string;
  /** A folder that is there. */
  into: string;
}

/** Undefined when the image has no such file or folder. A link is none. */
export async function copyFromImage(docker: Docker, order: ImageFilesOrder): Promise<CopiedOut | undefined> {
  const { image, name, labels, at, into } = order;
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
    if ((await statIn(container, at))?.kind !== 'other') return undefined;
    return await copyOut(container, at, into);
  } finally {
    await removeContainer(docker, name);
  }
}
