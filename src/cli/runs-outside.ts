import type { ServiceRowBody } from './bodies.js';

/** Whether what runs of a service is no container. A release's name begins with its mode. */
export const runsOutside = ({
  status,
  active_release: release,
}: Pick<ServiceRowBody, 'status' | 'active_release'>): boolean =>
  status !== 'stopped' && typeof release === 'string' && !release.startsWith('docker_');
