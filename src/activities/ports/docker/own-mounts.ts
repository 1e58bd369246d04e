// Finds the engine host's path of a folder of this process, which may itself run in a container of that engine.
import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import { ifThere } from '../../../files.js';
import { unlessUnknown } from './engine-answers.js';

/**
 * Matches the mounts of a container's own folder, which every engine makes. The folder's name is the container's id.
 */
const OWN_FILES = /\/([0-9a-f]{64})\/(?:userdata\/)?(?:hostname|hosts|resolv\.conf) \/etc\//;

/** Returns the id of the container that a process with these mounts is in. Undefined if it is in none. */
export const containerIdIn = (mountinfo: string): string | undefined => OWN_FILES.exec(mountinfo)?.[1];

type Mount = Pick<Docker.ContainerInspectInfo['Mounts'][number], 'Source' | 'Destination'>;

/** Maps a path to the host by the innermost mount that contains it. */
export function outsidePath(path: string, mounts: readonly Mount[]): string {
  const holding = mounts.filter(({ Destination: at }) => path === at || path.startsWith(`${at}/`));
  const [innermost] = holding.sort((a, b) => b.Destination.length - a.Destination.length);
  return innermost ? `${innermost.Source}${path.slice(innermost.Destination.length)}` : path;
}

/** Returns the function that maps paths to the host. It changes nothing if this process is in no container of this engine. */
export async function readHostPaths(docker: Docker): Promise<(path: string) => string> {
  const id = containerIdIn((await ifThere(readFile('/proc/self/mountinfo', 'utf8'))) ?? '');
  const own = id === undefined ? undefined : await unlessUnknown(docker.getContainer(id).inspect());
  return (path) => (own ? outsidePath(path, own.Mounts) : path);
}
