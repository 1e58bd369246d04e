// Formats the result of a deployment or a command: the status, the reason, and what to do.
import { isEnded } from '../contract/states.js';
import type { EventBody, ServiceBody, StatusBody } from './bodies.js';
import type { Context } from './context.js';
import { EXIT } from './errors.js';
import { duration, status as coloured } from './render.js';
import { inTerminal } from './terminal-words.js';

export const exitOf = ({ status }: { status: string }): number => {
  if (status === 'cancelled') return EXIT.interrupted;
  return status === 'failed' ? EXIT.failed : EXIT.done;
};

export function outcomeLines(body: StatusBody, { line, paint }: Context): string[] {
  const { status, release = '', url, error, changed, duration_seconds: seconds } = body;
  if (!isEnded(status)) return [];
  switch (status) {
    case 'completed': {
      const done = line('completed', { duration: duration(seconds) });
      const text = changed === false ? line('unchanged', { release }) : `${done}  ${release}`;
      return [
        `${paint.green('✔')} ${text}`,
        ...(url === undefined ? [] : [`  ${paint.bold(url)}`]),
        ...modeLines(body, { line, paint }),
      ];
    }
    case 'failed': {
      const { code = '', message = '', hint } = error ?? {};
      return [
        ...attemptLines(body, { line, paint }),
        `${paint.red('✖')} ${line('failed', { code, message: inTerminal(message) })}`,
        ...(hint === undefined ? [] : [`  ${inTerminal(hint).replace('<id>', body.deployment_id)}`]),
      ];
    }
    case 'cancelled':
      return [
        `${paint.yellow('■')} ${error && error.code !== 'cancelled' ? line('cancelled_because', { message: inTerminal(error.message) }) : line('cancelled')}`,
      ];
  }
}

/**
 * Formats the result of a command. For a rollback, includes the previous and the new release. For a failure, includes a
 * hint.
 */
export function commandLines(
  { service_name: service, event_type: type, message, metadata }: EventBody,
  { paint }: Pick<Context, 'paint'>,
): string[] {
  const { from, release, hint } = metadata;
  const switched = from === undefined || release === undefined ? '' : `: ${from} → ${release}`;
  if (type === 'command_completed') return [`${paint.green('✔')} ${message}${switched}`];
  const advice = typeof hint === 'string' ? [`  ${inTerminal(hint).replace('<id>', service)}`] : [];
  return [`${paint.red('✖')} ${inTerminal(message)}`, ...advice];
}

/**
 * Formats the active release after a deployment or a command that changed nothing, because the operator may expect
 * another state.
 */
export function serviceLines(now: ServiceBody, { line, paint }: Pick<Context, 'line' | 'paint'>): string[] {
  if (!now.active_release) return [];
  const { name: service, status, health, active_release: release, message, hint } = now;
  const facts = { service, release, status: coloured(status, paint), health: coloured(health, paint) };
  const sentences = [message, hint].filter((text) => text !== undefined);
  return [`  ${line('service_now', facts)}`, ...sentences.map((text) => `  ${inTerminal(text)}`)];
}

/** Formats the mode that runs and the reason, if the request left the mode open. */
function modeLines(body: StatusBody, { line, paint }: Pick<Context, 'line' | 'paint'>): string[] {
  const { mode: requested, attempts } = body;
  const taken = attempts.at(-1);
  if (taken?.runs_as === undefined || (requested !== 'auto' && attempts.length < 2)) return [];
  const { mode, runs_as: user } = taken;
  const isOutside = user !== 'container' && attempts.some((attempt) => attempt.mode === 'docker');
  const text = user === 'container' ? line('runs_inside', { mode }) : line('runs_outside', { mode, user });
  return [`  ${isOutside ? paint.yellow(text) : text}`, ...attemptLines(body, { line, paint })];
}

/** Formats the attempts, if there is more than one. */
export function attemptLines({ attempts }: StatusBody, { line, paint }: Pick<Context, 'line' | 'paint'>): string[] {
  if (attempts.length < 2) return [];
  return attempts.map(({ mode, status, reason }) => {
    const text = line('attempt', { mode, status: coloured(status, paint) });
    return `  ${text}${reason === undefined ? '' : ` (${inTerminal(reason)})`}`;
  });
}
