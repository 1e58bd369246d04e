// A network for each service, so that containers of different services can't reach each other.
//
// Containers in a network can reach each other: all belong to one service, with the same code, data and secrets.
import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import { SlipwayError } from '../../../contract/errors.js';
import { ifThere } from '../../../files.js';
import { CONFLICT, FORBIDDEN, NOT_FOUND, statusOf, unlessUnknown } from './engine-answers.js';
import { labelFilter } from './engine-calls.js';
import { LABELS } from './labels.js';
import { chooseSubnet, routedNetworks } from './subnets.js';

/** The number of subnets to try, because other programs create networks at the same time. */
const MOST_SUBNETS_TRIED = 20;
/** A network is removed between its creation and a container's start only if its service is being removed. */
const MOST_NETWORKS_MADE = 3;

export interface ServiceNetworks {
  /**
   * Runs the work with the id of the service's network, which is created if it is missing. If the network is removed
   * meanwhile, runs `undo`, and then the work again with another network. The id is undefined if there are no service
   * networks.
   */
  with<T>(service: string, work: (networkId: string | undefined) => Promise<T>, undo: () => Promise<void>): Promise<T>;
  /** Returns the services that have a network in this engine. */
  services(): Promise<string[]>;
  /** Removes the network of a service, unless a container is in it. */
  remove(service: string): Promise<void>;
}

export interface NetworkDeps {
  docker: Docker;
  hostId: string;
  /** The ranges from which subnets are chosen. If empty, containers share the engine's default network. */
  subnets: readonly string[];
  /** Returns the text of `/proc/net/route`. */
  readRoutes?: () => Promise<string>;
}

const noRoutes = ''; // for a system without /proc
const ownRoutes = async (): Promise<string> => (await ifThere(readFile('/proc/net/route', 'utf8'))) ?? noRoutes;

export function createServiceNetworks({
  docker,
  hostId,
  subnets,
  readRoutes = ownRoutes,
}: NetworkDeps): ServiceNetworks {
  return {
    async with(service, work, undo) {
      if (subnets.length === 0) return work(undefined);
      for (let made = 1; ; made += 1) {
        try {
          return await work(await idOf(service));
        } catch (error) {
          if (!isNetworkGone(error) || made === MOST_NETWORKS_MADE) throw error;
          await undo();
        }
      }
    },

    async services() {
      const networks = await docker.listNetworks({ filters: { label: labelFilter({ [LABELS.host]: hostId }) } });
      return [...new Set(networks.flatMap(({ Labels }) => Labels?.[LABELS.service] ?? []))];
    },

    async remove(service) {
      for (const { Id } of await networksOf(service)) await removeUnlessUsed(Id);
    },
  };

  /**
   * Returns the id of a service's network. Older engines let two callers create two networks of one name. All callers
   * use the first one, and the other one is removed.
   */
  async function idOf(service: string): Promise<string> {
    const made = await networksOf(service);
    const [first, ...others] = made.length > 0 ? made : await makeAndList(service);
    for (const { Id } of others) await removeUnlessUsed(Id);
    if (first) return first.Id;
    throw new SlipwayError('internal', {
      params: {
        reason: `the network of ${service} was removed while it was made, or another program has one of its name`,
      },
      retryable: true,
    });
  }

  async function makeAndList(service: string): Promise<Docker.NetworkInspectInfo[]> {
    await make(service);
    return networksOf(service);
  }

  /** Returns the networks of a service, oldest first. */
  async function networksOf(service: string): Promise<Docker.NetworkInspectInfo[]> {
    const label = labelFilter({ [LABELS.host]: hostId, [LABELS.service]: service });
    const networks = await docker.listNetworks({ filters: { label } });
    return networks.sort((a, b) => (a.Created + a.Id < b.Created + b.Id ? -1 : 1));
  }

  async function make(service: string): Promise<void> {
    const refused: string[] = [];
    for (let tries = 1; ; tries += 1) {
      const subnet = chooseSubnet(subnets, [...(await subnetsInUse()), ...refused], `${hostId} ${service}`);
      if (subnet === undefined) throw noSubnet(subnets);
      try {
        await docker.createNetwork({
          Name: `slipway.${hostId}.${service}`,
          Driver: 'bridge',
          IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
          Labels: { [LABELS.host]: hostId, [LABELS.service]: service },
        });
        return;
      } catch (error) {
        if (isNameTaken(error)) return;
        if (!isSubnetTaken(error) || tries === MOST_SUBNETS_TRIED) throw error;
        refused.push(subnet);
      }
    }
  }

  async function subnetsInUse(): Promise<string[]> {
    const networks = await docker.listNetworks();
    const ofEngine = networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []));
    return [...ofEngine, ...routedNetworks(await readRoutes())];
  }

  async function removeUnlessUsed(id: string): Promise<void> {
    try {
      await unlessUnknown(docker.getNetwork(id).remove());
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
}

const noSubnet = (subnets: readonly string[]): SlipwayError =>
  new SlipwayError('engine_unavailable', { text: 'docker.no_subnet', params: { ranges: subnets.join(',') } });

/** The engine has no separate status for this. */
const isSubnetTaken = (error: unknown): boolean => /overlap|already (used|in use)/i.test(messageOf(error));

const isInUse = (error: unknown): boolean =>
  statusOf(error) === FORBIDDEN || /active endpoints|being used/i.test(messageOf(error));

const isNetworkGone = (error: unknown): boolean =>
  statusOf(error) === NOT_FOUND && /network \S+ not found|no such network/i.test(messageOf(error));

/** Newer engines reject a second network of the same name: another caller has created it. */
const isNameTaken = (error: unknown): boolean => statusOf(error) === CONFLICT;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
