// Who root in a container is on the host.

/**
 * `root`: root's own number. `mapped`: another user of every container's (`userns-remap`). `engine_user`: the user that a
 * rootless engine runs as.
 */
export type RootOnHost = 'root' | 'mapped' | 'engine_user';

/** Which engines a host's operator lets apps run in: `mapped` leaves out those whose root is root on the host. */
export const CONTAINER_ROOTS = ['any', 'mapped'] as const;
export type ContainerRoot = (typeof CONTAINER_ROOTS)[number];

/** By the engine's own description: `SecurityOptions` of `GET /info`, such as `name=userns`. */
export function rootOnHost(securityOptions: readonly string[]): RootOnHost {
  const names = securityOptions.map((option) => /^name=([^,]*)/.exec(option)?.[1]);
  if (names.includes('rootless')) return 'engine_user';
  return names.includes('userns') ? 'mapped' : 'root';
}
