// Builds the environment variables of an app and of its release command. Pure.
import { dirname } from 'node:path';
import { environmentDir, serviceHome, type Layout } from '../contract/layout.js';
import type { InstanceSpec } from '../contract/steps.js';

/** The host's variables that reach apps. */
const FROM_HOST = ['PATH', 'LANG', 'TZ', 'TMPDIR'];
const FALLBACK_PATH = '/usr/local/bin:/usr/bin:/bin';

export interface AppEnvironmentInput {
  spec: Pick<InstanceSpec, 'service' | 'deploymentId' | 'environment' | 'environmentKey' | 'kind'>;
  /** The request's variables, unsealed. */
  variables: Readonly<Record<string, string>>;
  layout: Layout;
  /** The host's environment, or the part of it that tools get. */
  host: Readonly<Record<string, string>>;
  /** The absolute path of uv, if the host has it, for commands such as `uv run app.py`. */
  uv?: string;
  /** Absent for the release command, which runs before there is an instance. */
  instanceId?: string;
  port?: number;
}

/** Returns the environment of a process. The request's variables replace the host's; Slipway's own replace both. */
export function appEnvironment(input: AppEnvironmentInput): Record<string, string> {
  const { spec, variables, layout, host, uv } = input;
  const environment = environmentDir(layout, spec.environmentKey);
  const given: Record<string, string> = {
    ...Object.fromEntries(Object.entries(host).filter(([name]) => FROM_HOST.includes(name))),
    HOME: serviceHome(layout, spec.service),
    VIRTUAL_ENV: environment,
    // The app's stdout is a pipe. Without this setting, a crash would lose the last output in the buffer.
    PYTHONUNBUFFERED: '1',
    // `uv run` uses the installed environment, and doesn't create another one.
    UV_PROJECT_ENVIRONMENT: environment,
    UV_NO_SYNC: '1',
    ...variables,
  };
  const path = [`${environment}/bin`, given['PATH'] ?? FALLBACK_PATH, ...(uv === undefined ? [] : [dirname(uv)])];
  return { ...given, PATH: path.join(':'), ...injectedVariables(input) };
}

/** Returns the environment of a container. The PATH, HOME and user of the image stay. */
export function containerEnvironment({
  variables,
  ...input
}: Omit<AppEnvironmentInput, 'layout' | 'host'>): Record<string, string> {
  return { PYTHONUNBUFFERED: '1', ...variables, ...injectedVariables(input) };
}

function injectedVariables({
  spec,
  instanceId,
  port,
}: Pick<AppEnvironmentInput, 'spec' | 'instanceId' | 'port'>): Record<string, string> {
  return {
    SLIPWAY_SERVICE: spec.service,
    SLIPWAY_RELEASE: spec.deploymentId,
    SLIPWAY_DEPLOYMENT_ID: spec.deploymentId,
    SLIPWAY_ENVIRONMENT: spec.environment,
    ...(instanceId !== undefined && { SLIPWAY_INSTANCE: instanceId }),
    ...(spec.kind === 'web' && port !== undefined && { PORT: String(port) }),
  };
}
