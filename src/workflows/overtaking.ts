// Which command takes the place of what is being tried. Pure.
import type { ServiceCommand } from '../contract/messages.js';

/** `sequence`: of what is being tried, in the order of all that decides what runs. */
export function overtakes(command: ServiceCommand, tried: { id: string; sequence: number }): boolean {
  switch (command.type) {
    case 'activate':
      return command.release.sequence > tried.sequence;
    case 'confirm':
      return command.sequence > tried.sequence;
    case 'operate':
      return isDecision(command) && command.acceptedAt > tried.sequence;
    case 'retire':
      return command.acceptedAt > tried.sequence;
    case 'cancelActivation':
      return command.activationId === tried.id;
    case 'configure':
      return false;
  }
}

/** A stop and a rollback decide what runs; a start and a restart only start it (again). */
export const isDecision = ({ command }: { command: string }): boolean => command === 'stop' || command === 'rollback';
