// Whether the host and the service let a mode run apps. A repository can't decide it: not by its settings, nor by a build
// that fails.
import { errorRecord, SlipwayError, type ErrorRecord } from '../contract/errors.js';
import { MODES, type Isolation, type Mode } from '../contract/states.js';
import type { IsolationInput, Managers } from '../contract/steps.js';
import type { HostSettings } from './settings.js';

export const isIsolated = (isolation: Isolation, mode: Mode): boolean => isolation === 'any' || mode === 'docker';

export const notIsolated = (mode: Mode): ErrorRecord =>
  errorRecord('tool_missing', { text: 'isolation.container', params: { mode } });

/** What a service that runs in containers only can use of a host's modes. */
export function isolatedManagers(managers: Managers, service: string, isolation: Isolation = 'any'): Managers {
  const refused = MODES.filter((mode) => !isIsolated(isolation, mode));
  const entries = refused.map((mode) => {
    const error = errorRecord('tool_missing', { text: 'isolation.service', params: { service, mode } });
    return [mode, { status: 'unavailable', error }] as const;
  });
  return { ...managers, ...Object.fromEntries(entries) };
}

/** Throws before anything of an app is run outside a container where its host or service forbids it: also of an earlier release. */
export function mustBeIsolated(
  { isolation: ofHost }: Pick<HostSettings, 'isolation'>,
  { service, mode, isolation: ofService = 'any' }: IsolationInput,
): void {
  if (!isIsolated(ofHost, mode))
    throw new SlipwayError('tool_missing', { text: 'isolation.container', params: { mode } });
  if (!isIsolated(ofService, mode))
    throw new SlipwayError('tool_missing', { text: 'isolation.service', params: { service, mode } });
}
