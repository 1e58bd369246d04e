// Activities on workflows, for calls that workflows can't make themselves: signal-with-start, describe, list.
import type { DeploymentEnded, RegistryPage, ServiceCommand } from '../contract/messages.js';
import { rowOf, type ServiceRow, type ServiceView } from '../contract/views.js';
import { heartbeating } from './heartbeating.js';
import type { Past } from './ports/entities-port.js';
import type { Ports } from './ports/index.js';

export function createEntityActivities({ entities }: Pick<Ports, 'entities'>) {
  return {
    commandService: ({ service, command }: { service: string; command: ServiceCommand }): Promise<void> =>
      entities.commandService(service, command),
    requestCancellation: ({ deploymentId }: { deploymentId: string }): Promise<void> =>
      entities.requestCancellation(deploymentId),
    /** With thousands of services and deployments, this takes seconds. */
    readPast: (): Promise<Past> => heartbeating(() => entities.readPast()),
    findEndedDeployments: ({ deploymentIds }: { deploymentIds: string[] }): Promise<DeploymentEnded[]> =>
      heartbeating(() => entities.findEnded(deploymentIds)),
    readServicePage: ({ after }: { after?: string }): Promise<RegistryPage> => entities.readServicePage(after),
    /** Only for histories from before there were pages. */
    readServices: async (): Promise<ServiceRow[]> => (await entities.readServices()).map(rowOf),
    /** Temporal turns undefined into null. */
    readService: async ({ service }: { service: string }): Promise<ServiceView | null> =>
      (await entities.readService(service)) ?? null,
    /**
     * Does nothing. A workflow waits for it to detect whether anything arrives meanwhile. A timer would take a second.
     */
    passMoment: (): Promise<void> => Promise.resolve(),
  };
}

export function createQuickReads({ entities }: Pick<Ports, 'entities'>) {
  return {
    findEnded: ({ deploymentIds }: { deploymentIds: string[] }): Promise<DeploymentEnded[]> =>
      entities.findEnded(deploymentIds),
  };
}
