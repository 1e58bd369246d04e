// A deployment's state as it was after one of its events: what streams tell of the past. Pure: state and number in, state out.
import type { CurrentAttempt, DeploymentEvent, DeploymentState } from './views.js';

/**
 * The state after the first `n` events. What no event tells (estimates, service, the start after a queue) is as it is now.
 * Of a deployment that was terminated the end stands in no event: its state alone has it.
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

/** An attempt's last step stays until the next attempt begins, as a deployment ends where it was. */
function afterEvent(current: CurrentAttempt | undefined, event: DeploymentEvent): CurrentAttempt | undefined {
  const { type, mode, step, at } = event;
  if (type === 'attempt_started' && mode) return { mode, startedAt: at, step: 'prepare', stepStartedAt: at };
  if (type === 'step_started' && current && step) return { ...current, step, stepStartedAt: at };
  return current;
}

/** Without what is undefined: a key that is there means something. */
function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
