// Where a deployment runs, from which source, under which service name: decided once, before the first attempt.
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
  /** Already settled by the API, which seals values for it. */
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
      const known = await entities.readService(service);
      if (known?.kind === 'external')
        throw new SlipwayError('invalid', { text: 'service.external', params: { service } });
      mustKeepData(known, service, request, settings);
      return {
        hostId: hostOf(known ? known.host : await entities.readLastHost(service)),
        service,
        source: request.config.source ?? lastSource(known) ?? defaultSource(settings),
        ...(known?.start_as && { startAs: known.start_as }),
        ...(staysInContainers(request, known) && { staysInContainers: true as const }),
        managers: isolatedManagers(await probe(), service, known?.isolation),
        processUser: settings.processUser,
        language: settings.language,
      };
    },
  };

  /** A service stays where its data and its instance are. If that host is lost, so are they: the service moves here. */
  function hostOf(host: string | null = null): string {
    return host === null || lost.has(host) ? settings.hostId : host;
  }
}

/** The API checks this, too. Since then another release may serve, and a start by hand does not go through the API. */
function mustKeepData(
  known: ServiceView | undefined,
  service: string,
  { config: { persist, environment_variables: sealed } }: StartRequest,
  { secrets }: HostSettings,
): void {
  if (persist !== undefined) return;
  const dropped = droppedPaths(known?.persist ?? [], openVariables(secrets, service, sealed));
  if (dropped.length === 0) return;
  throw new SlipwayError('invalid', {
    text: 'invalid.persist_dropped',
    params: { service, paths: dropped.join(', ') },
  });
}

/** With `auto` a build that fails once would end the isolation of an app, and nobody would have asked for that. */
function staysInContainers({ mode, config }: StartRequest, known: ServiceView | undefined): boolean {
  if (mode !== 'auto' || config.fallback_modes !== undefined) return false;
  return known?.releases.find(({ active }) => active)?.mode === 'docker';
}

function nameService({ config }: StartRequest, { defaultProject }: HostSettings): string {
  const source: Source | undefined =
    config.source ?? (defaultProject === undefined ? undefined : { type: 'directory', path: defaultProject });
  const name = config.service ?? (source && sourceName(source));
  if (!name) throw new SlipwayError('invalid', source ? { text: 'invalid.no_name' } : { text: 'invalid.no_source' });
  if (isReservedName(name)) throw new SlipwayError('invalid', { text: 'reserved', params: { name } });
  return name;
}

function lastSource(known: ServiceView | undefined): SnapshotSource | undefined {
  return known?.active_release ? { type: 'snapshot', release: known.active_release } : undefined;
}

function defaultSource({ defaultProject }: HostSettings): Source {
  if (defaultProject === undefined) throw new SlipwayError('invalid', { text: 'invalid.no_source' });
  return { type: 'directory', path: defaultProject };
}
