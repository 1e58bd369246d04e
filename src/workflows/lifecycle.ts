// What a command does to a service, by its status (contract §4): the whole state machine, as a table. Pure.
import type { ServiceCommandName, ServiceStatus } from '../contract/states.js';

/**
 * `none`: it is so already. `takeDown`: what serves is stopped, and stays so. `runAgain`: the same release is started
 * (anew) and must be well. `switch`: another release takes its place. `refuse`: there is nothing to run.
 */
export type Effect = 'none' | 'takeDown' | 'runAgain' | 'switch' | 'refuse';

export const LIFECYCLE: Record<ServiceStatus, Record<ServiceCommandName, Effect>> = {
  created: { start: 'refuse', stop: 'none', restart: 'refuse', rollback: 'refuse' },
  initializing: { start: 'runAgain', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  running: { start: 'none', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  degraded: { start: 'none', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  paused: { start: 'runAgain', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
  stopping: { start: 'runAgain', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' }, // a stop that came to nothing
  stopped: { start: 'runAgain', stop: 'none', restart: 'runAgain', rollback: 'switch' },
  error: { start: 'runAgain', stop: 'takeDown', restart: 'runAgain', rollback: 'switch' },
};
