// Checks whether the host and the service allow a mode. A repository can't change this, neither with its settings nor
// with a build that fails.
import { errorRecord, SlipwayError, type ErrorRecord } from '../contract/errors.js';
import { MODES, type Isolation, type Mode } from '../contract/states.js';
import type { IsolationInput, Managers } from '../contract/steps.js';
import type { HostSettings } from './settings.js';

export const isIsolated = (isolation: Isolation, mode: Mode): boolean => isolation === 'any' || mode === 'docker';

export const notIsolated = (mode: Mode): ErrorRecord =>
  errorRecord('tool_missing', { text: 'isolation.container', params: { mode } });

/** Returns the modes of a host that a service with this isolation can use. */
export function isolatedManagers(managers: Managers, service: string, isolation: Isolation = 'any'): Managers {
  const refused = MODES.filter((mode) => !isIsolated(isolation, mode));
  const entries = refused.map((mode) => {
    const error = errorRecord('tool_missing', { text: 'isolation.service', params: { service, mode } });
    return [mode, { status: 'unavailable', error }] as const;
  });
  return { ...managers, ...Object.fromEntries(entries) };
}

/**
 * Throws if the host or the service forbids apps outside a container. Called before any code of an app runs, also for
 * an earlier release.
 */
export function mustBeIsolated(
  { isolation: ofHost }: Pick<HostSettings, 'isolation'>,
  { service, mode, isolation: ofService = 'any' }: IsolationInput,
): void {
  if (!isIsolated(ofHost, mode))
    throw new SlipwayError('tool_missing', { text: 'isolation.container', params: { mode } });
  if (!isIsolated(ofService, mode))
    throw new SlipwayError('tool_missing', { text: 'isolation.service', params: { service, mode } });
}
