// Decides which commands replace the current candidate. Pure.
import type { ServiceCommand } from '../contract/messages.js';

/** `sequence` is the candidate's place in the order of all decisions about what runs. */
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

/** Returns true for a stop and a rollback, which decide what runs. A start and a restart only start it again. */
export const isDecision = ({ command }: { command: string }): boolean => command === 'stop' || command === 'rollback';
