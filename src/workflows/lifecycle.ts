// The effect of each command by the status of the service: the whole state machine, as a table. Pure.
import type { ServiceCommandName, ServiceStatus } from '../contract/states.js';

/**
 * `none`: the service already has the requested state. `takeDown`: the active release is stopped, and stays stopped.
 * `runAgain`: the same release is started again and must become healthy. `switch`: another release replaces the active
 * one. `refuse`: there is nothing to run.
 */
export type Effect = 'none' | 'takeDown' | 'runAgain' | 'switch' | 'refuse';

export const LIFECYCLE: Record<ServiceStatus, Record<ServiceCommandName, Effect>> = {
  created: { start: 'refuse', stop: 'none', restart: 'refuse', rollback: 'refuse' },
  initializing: { start: 'runAgain', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  running: { start: 'none', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  degraded: { start: 'none', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  paused: { start: 'runAgain', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  // A stop that didn't complete.
  stopping: { start: 'runAgain', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  stopped: { start: 'runAgain', stop: 'none', restart: 'runAgain', rollback: 'switch' },
  error: { start: 'runAgain', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
};
