import type { ServiceRowBody } from './bodies.js';

/** Whether what runs of a service is no container. */
export const runsOutside = ({ status, mode }: Pick<ServiceRowBody, 'status' | 'mode'>): boolean =>
  status !== 'stopped' && mode !== undefined && mode !== 'docker';
