// Builds the instance specification of a prepared release, and the fingerprint that identifies its content.
import { durationMs } from '../contract/durations.js';
import type { StartRequest } from '../contract/requests.js';
import type { AttemptRef, InstanceSpec, Release, RestartPolicy } from '../contract/steps.js';
import { DEFAULT_RESTART_POLICY } from './restart-policy.js';

/**
 * Returns an equal text for equal source and configuration. Undefined without the API's digest of the unencrypted
 * values.
 */
export function fingerprintOf(release: Release, configMac: string | undefined): string | undefined {
  return configMac === undefined ? undefined : `${release.sourceHash}.${configMac}`;
}

function restartPolicy({ max_per_day, backoff_max }: NonNullable<StartRequest['config']['restart']>): RestartPolicy {
  const { backoffMaxMs } = DEFAULT_RESTART_POLICY;
  return { maxPerDay: max_per_day, backoffMaxMs: durationMs(backoff_max) ?? backoffMaxMs };
}

export function instanceSpec(
  ref: AttemptRef,
  request: StartRequest,
  release: Release,
  environmentKey: string,
): InstanceSpec {
  const {
    health_check: health,
    environment_variables: variables,
    plain_variables: plain,
    resources,
    restart,
  } = request.config;
  return {
    service: ref.service,
    deploymentId: ref.deploymentId,
    mode: ref.mode,
    environment: request.environment,
    environmentKey,
    command: release.command,
    ...(release.folder !== undefined && { folder: release.folder }),
    kind: release.kind,
    port: release.port,
    ...(resources && { resources }),
    variables,
    ...(plain && { plainVariables: plain }),
    ...(release.persist && { persist: release.persist }),
    health: {
      path: health.path ?? '/',
      expect: health.expect,
      timeoutMs: health.timeout * 1000,
      intervalMs: health.interval * 1000,
      minUptimeMs: health.min_uptime * 1000,
      skip: request.skip_health_check,
    },
    ...(restart && { restart: restartPolicy(restart) }),
  };
}
