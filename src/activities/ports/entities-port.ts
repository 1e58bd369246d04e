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

/** What can be read off the deployments themselves, by a gate without a past of its own. */
export interface Past {
  counters: GateCounters;
  active: PastTicket[];
  queued: PastTicket[];
  /** Absent in what was read by earlier releases. */
  outside?: OutsideNames;
}

/** The workflows, as activities reach them: a Temporal client stands behind it, in the worker. */
export interface EntitiesPort {
  /** Starts the service's workflow when there is none. Idempotent by activation id. */
  commandService(service: string, command: ServiceCommand): Promise<void>;
  /** Temporal's own cancellation: a workflow can't request its own. No error when it has ended already. */
  requestCancellation(deploymentId: string): Promise<void>;
  /** Those of the given that have ended, however. */
  findEnded(deploymentIds: readonly string[]): Promise<DeploymentEnded[]>;
  /** Whether a workflow of that id has run and ended: what it left stands under the same name. */
  ranBefore(deploymentId: string): Promise<boolean>;
  readPast(): Promise<Past>;
  /** All that run, from their memos: as they last told. */
  readServices(): Promise<ServiceView[]>;
  /** The same in pages that Temporal takes as a payload, and no more of each than the registry keeps. */
  readServicePage(after: string | undefined): Promise<RegistryPage>;
  /** Deployments from before their first step until after their end, also those that wait. Rejects when it can't be told. */
  readInFlight(): Promise<string[]>;
  /** Whether a deployment or a batch is under way that began before this moment (epoch ms). Rejects when it can't be told. */
  hasInFlightSince(beforeMs: number): Promise<boolean>;
  /** Those of one service among them, as far as Temporal lists them already. */
  readInFlightOf(service: string): Promise<string[]>;
  /** Hosts that ever had a worker, unless they are forgotten. */
  readHosts(): Promise<string[]>;
  /** When a host beat last (epoch ms by Temporal's clock); undefined where nothing is known of such a host. */
  readLastBeat(hostId: string): Promise<number | undefined>;
  /** The instances that a service wants to run; none when no such service is known. Rejects where nobody can tell. */
  readWanted(service: string): Promise<string[]>;
  /** Undefined when no such service is known. */
  readService(service: string): Promise<ServiceView | undefined>;
  /** Where a service ran that was ended by hand: its app may still run there. Undefined where it was unregistered. */
  readLastHost(service: string): Promise<string | undefined>;
}
