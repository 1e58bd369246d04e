// Decides where a deployment runs, from which source, and under which service name: once, before the first attempt.
import { SlipwayError } from '../contract/errors.js';
import { isReservedName, sourceName } from '../contract/names.js';
import { droppedPaths } from '../contract/persist.js';
import type { Source, StartRequest } from '../contract/requests.js';
import type { Managers, Placement, SnapshotSource } from '../contract/steps.js';
import type { ServiceView } from '../contract/views.js';
import { openVariables } from '../secrets.js';
import { isolatedManagers } from './isolation.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

export interface PlacementInput {
  deploymentId: string;
  request: StartRequest;
  /** Set by the API, which seals values for this service. */
  service?: string;
}

export function createPlacement(
  { entities }: Pick<Ports, 'entities'>,
  settings: HostSettings,
  probe: () => Promise<Managers>,
  lost: ReadonlySet<string> = new Set(),
) {
  return {
    async placeDeployment({ request, service: given }: PlacementInput): Promise<Placement> {
      const service = given ?? nameService(request, settings);
      const serviceView = await entities.readService(service);
      if (serviceView?.kind === 'external')
        throw new SlipwayError('invalid', { text: 'service.external', params: { service } });
      mustKeepData(serviceView, service, request, settings);
      return {
        hostId: hostOf(serviceView ? serviceView.host : await entities.readLastHost(service)),
        service,
        source: request.config.source ?? lastSource(serviceView) ?? defaultSource(settings),
        ...(serviceView?.start_as && { startAs: serviceView.start_as }),
        ...(staysInContainers(request, serviceView) && { staysInContainers: true as const }),
        managers: isolatedManagers(await probe(), service, serviceView?.isolation),
        processUser: settings.processUser,
        language: settings.language,
      };
    },
  };

  /**
   * Returns the host. A service stays on the host with its data and instance. If that host is lost, the service moves
   * to this host.
   */
  function hostOf(host: string | null = null): string {
    return host === null || lost.has(host) ? settings.hostId : host;
  }
}

/**
 * Throws if the request would drop persisted data. The API checks this, too, but another release may serve since then,
 * and a manual start doesn't pass the API.
 */
function mustKeepData(
  serviceView: ServiceView | undefined,
  service: string,
  { config: { persist, environment_variables: sealed } }: StartRequest,
  { secrets }: HostSettings,
): void {
  if (persist !== undefined) return;
  const dropped = droppedPaths(serviceView?.persist ?? [], openVariables(secrets, service, sealed));
  if (dropped.length === 0) return;
  throw new SlipwayError('invalid', {
    text: 'invalid.persist_dropped',
    params: { service, paths: dropped.join(', ') },
  });
}

/**
 * Returns true if the mode `auto` must not leave containers. Otherwise one failed build would end the app's isolation
 * without a request.
 */
function staysInContainers({ mode, config }: StartRequest, serviceView: ServiceView | undefined): boolean {
  if (mode !== 'auto' || config.fallback_modes !== undefined) return false;
  return serviceView?.releases.find(({ active }) => active)?.mode === 'docker';
}

function nameService({ config }: StartRequest, { defaultProject }: HostSettings): string {
  const source: Source | undefined =
    config.source ?? (defaultProject === undefined ? undefined : { type: 'directory', path: defaultProject });
  const name = config.service ?? (source && sourceName(source));
  if (!name) throw new SlipwayError('invalid', source ? { text: 'invalid.no_name' } : { text: 'invalid.no_source' });
  if (isReservedName(name)) throw new SlipwayError('invalid', { text: 'reserved', params: { name } });
  return name;
}

function lastSource(serviceView: ServiceView | undefined): SnapshotSource | undefined {
  return serviceView?.active_release ? { type: 'snapshot', release: serviceView.active_release } : undefined;
}

function defaultSource({ defaultProject }: HostSettings): Source {
  if (defaultProject === undefined) throw new SlipwayError('invalid', { text: 'invalid.no_source' });
  return { type: 'directory', path: defaultProject };
}
