// The host user that root in a container is mapped to.

/**
 * `root`: root itself. `mapped`: another user, the same for all containers (`userns-remap`). `engine_user`: the user
 * that runs a rootless engine.
 */
export type RootOnHost = 'root' | 'mapped' | 'engine_user';

/** The engines that the operator allows for apps. `mapped` excludes engines whose root is root on the host. */
export const CONTAINER_ROOTS = ['any', 'mapped'] as const;
export type ContainerRoot = (typeof CONTAINER_ROOTS)[number];

/** Derives the mapping from `SecurityOptions` of the engine's `GET /info`, for example `name=userns`. */
export function rootOnHost(securityOptions: readonly string[]): RootOnHost {
  const names = securityOptions.map((option) => /^name=([^,]*)/.exec(option)?.[1]);
  if (names.includes('rootless')) return 'engine_user';
  return names.includes('userns') ? 'mapped' : 'root';
}
