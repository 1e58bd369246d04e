import type { Mode, ToldStatus } from './states.js';

/** Whether what runs of a service is no container. */
export const runsOutside = ({ status, mode }: { status: ToldStatus; mode?: Mode | undefined }): boolean =>
  status !== 'stopped' && mode !== undefined && mode !== 'docker';
