// Reconstructs the state of a deployment after one of its events, so that streams can send past events.
import type { CurrentAttempt, DeploymentEvent, DeploymentState } from './views.js';

/**
 * Returns the state after the first `n` events. Values that no event has (estimates, service, the start after a queue)
 * are the current ones. A terminated deployment has no `ended` event; only its state shows the end.
 */
export function stateAt(state: DeploymentState, n: number): DeploymentState {
  const { current, endTime, failure, release, url, changed, queuePosition, ...rest } = state;
  const events = state.events.slice(0, n);
  const attemptsEnded = events.filter(({ type }) => type === 'attempt_ended').length;
  const attemptUnderWay = events.reduce(afterEvent, undefined);
  const past = {
    ...rest,
    status: statusAt(state, events),
    ...(attemptUnderWay && { current: attemptUnderWay }),
    attempts: state.attempts.slice(0, attemptsEnded),
    events,
  };
  if (events.at(-1)?.type !== 'ended') return past;
  return { ...past, ...defined({ endTime, failure, release, url, changed }) };
}

function statusAt(state: DeploymentState, events: readonly DeploymentEvent[]): DeploymentState['status'] {
  const types = new Set(events.map(({ type }) => type));
  if (types.has('ended')) return state.status;
  if (types.has('started')) return 'running';
  return types.has('queued') ? 'queued' : 'accepted';
}

/**
 * Returns the attempt after an event. An attempt's last step stays until the next attempt starts, because a deployment
 * ends at this step.
 */
function afterEvent(current: CurrentAttempt | undefined, event: DeploymentEvent): CurrentAttempt | undefined {
  const { type, mode, step, at } = event;
  if (type === 'attempt_started' && mode) return { mode, startedAt: at, step: 'prepare', stepStartedAt: at };
  if (type === 'step_started' && current && step) return { ...current, step, stepStartedAt: at };
  return current;
}

/** Removes undefined values, because a key that exists has a meaning. */
function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
