import type { Mode, ToldStatus } from './states.js';

/** Returns true if the service runs outside a container. */
export const runsOutside = ({ status, mode }: { status: ToldStatus; mode?: Mode | undefined }): boolean =>
  status !== 'stopped' && mode !== undefined && mode !== 'docker';
