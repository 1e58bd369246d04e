// Checks the messages to a service. Anybody who reaches Temporal can send them, so each must have the shape of a
// command or an observation.
import { log } from '@temporalio/workflow';
import type { Observation, OutsideReason, ServiceCommand } from '../contract/messages.js';
import { SERVICE_COMMANDS } from '../contract/states.js';
import { isTextKey } from '../contract/texts.js';
import { hasShape, type Kind } from './signal-guards.js';

type Fields = Record<string, Kind>;

const COMMANDS: Record<ServiceCommand['type'], Fields> = {
  activate: { activationId: 'string', hostId: 'string', release: 'object' },
  cancelActivation: { activationId: 'string', deploymentId: 'string' },
  confirm: { activationId: 'string', deploymentId: 'string', sequence: 'number', fingerprint: 'string' },
  operate: { commandId: 'string', command: 'string', acceptedAt: 'number' },
  configure: { registration: 'object' },
  retire: { purge: 'boolean', hostId: 'string', acceptedAt: 'number' },
};

const OBSERVATIONS: Record<Observation['kind'], Fields> = {
  exited: { instanceId: 'string', exit: 'object' },
  health: { instanceId: 'string', health: 'string' },
  routed: { instanceId: 'string', address: 'object' },
  outside: { healthUrl: 'string', health: 'string' },
  dependencies: { ailing: 'object', revision: 'number' },
};

export function isCommand(command: ServiceCommand): boolean {
  if (!hasShape('command', command, { type: 'string' })) return false;
  if (!Object.hasOwn(COMMANDS, command.type)) return isUnknown('command', command.type);
  if (!hasShape('command', command, COMMANDS[command.type])) return false;
  return command.type !== 'operate' || SERVICE_COMMANDS.some((name) => name === command.command);
}

export function isObservation(observation: Observation): boolean {
  if (!hasShape('observed', observation, { kind: 'string' })) return false;
  if (!Object.hasOwn(OBSERVATIONS, observation.kind)) return isUnknown('observed', observation.kind);
  return hasShape('observed', observation, OBSERVATIONS[observation.kind]);
}

/** Returns false for an optional reason whose text this version doesn't have; the reason is then omitted. */
export function isSentence(reason: OutsideReason | undefined): reason is OutsideReason {
  return reason?.params instanceof Object && isTextKey(reason.text);
}

/** Logs a message of a newer version. This version can't carry it out, and must not stop at it. */
function isUnknown(signal: string, what: string): false {
  log.warn('a signal of an unknown kind was dropped', { signal, what });
  return false;
}
