import type {
  DeploymentEnded,
  GateCounters,
  OutsideNames,
  RegistryPage,
  ServiceCommand,
} from '../../contract/messages.js';
import type { ServiceView } from '../../contract/views.js';

/** A deployment that held a slot or a place in the queue when the gate was lost. */
export interface PastTicket {
  deploymentId: string;
  sequence: number;
  /** Epoch ms. */
  at: number;
  service: string | null;
}

/** The state that a gate without its own reads from the deployments. */
export interface Past {
  counters: GateCounters;
  active: PastTicket[];
  queued: PastTicket[];
  /** Absent in results of earlier releases. */
  outside?: OutsideNames;
}

/** The port through which activities reach workflows. The worker implements it with a Temporal client. */
export interface EntitiesPort {
  /** Starts the service's workflow if there is none. Idempotent by activation id. */
  commandService(service: string, command: ServiceCommand): Promise<void>;
  /**
   * Requests Temporal's own cancellation, because a workflow can't request its own. No error if it has ended already.
   */
  requestCancellation(deploymentId: string): Promise<void>;
  /** Returns those of the given deployments that have ended, in any way. */
  findEnded(deploymentIds: readonly string[]): Promise<DeploymentEnded[]>;
  /** Returns true if a workflow of that id has run and ended, because its files have the same name. */
  ranBefore(deploymentId: string): Promise<boolean>;
  readPast(): Promise<Past>;
  /** Returns all running services, from their memos, which may lag. */
  readServices(): Promise<ServiceView[]>;
  /** Returns the same in pages that fit into a payload, with only the fields that the registry stores. */
  readServicePage(after: string | undefined): Promise<RegistryPage>;
  /**
   * Returns deployments from before their first step until after their end, including queued ones. Rejects if the list
   * is unavailable.
   */
  readInFlight(): Promise<string[]>;
  /**
   * Returns true if a deployment or batch that started before this moment (epoch ms) is still running. Rejects if this
   * is unavailable.
   */
  hasInFlightSince(beforeMs: number): Promise<boolean>;
  /** Returns the running deployments of one service that Temporal already lists. */
  readInFlightOf(service: string): Promise<string[]>;
  /** Returns the hosts that ever had a worker and aren't forgotten. */
  readHosts(): Promise<string[]>;
  /** Returns the time of a host's last beat (epoch ms by Temporal's clock), or undefined for an unknown host. */
  readLastBeat(hostId: string): Promise<number | undefined>;
  /** Returns the instances that a service should run; none for an unknown service. Rejects if this is unavailable. */
  readWanted(service: string): Promise<string[]>;
  /** Returns undefined for an unknown service. */
  readService(service: string): Promise<ServiceView | undefined>;
  /**
   * Returns the last host of a service whose workflow was ended manually: its app may still run there. Undefined if the
   * service was unregistered.
   */
  readLastHost(service: string): Promise<string | undefined>;
}
