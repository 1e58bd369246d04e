// Instances of apps, as processes under keepers or as containers in an engine.
import type { AppKind } from '../../contract/states.js';
import type { HealthSpec, InstanceExit } from '../../contract/steps.js';
import type { LogPosition, LogRead } from './instance-log.js';

/** The facts of an instance. They are stored unencrypted, so they must not contain a secret. */
export interface InstanceFacts {
  instanceId: string;
  service: string;
  deploymentId: string;
  kind: AppKind;
  /** A port on the host's loopback. Set for a web app. */
  port?: number;
  health: HealthSpec;
}

export interface InstanceRecord extends InstanceFacts {
  startedAt: string;
}

/** `ended` means that it ran here and is gone. The same instance is never started twice. */
export type StartOutcome<R extends InstanceRecord = InstanceRecord> =
  { state: 'running' | 'ended'; record: R } | { state: 'ended'; record?: undefined };

export type PortHolder = 'instance' | 'stranger' | 'nobody';

/** The health from an image's own check. `none` if it has no check. */
export type OwnHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

export interface Listening {
  /** The port that it should listen on. In a container, this differs from the host's port. */
  wanted: number;
  /** True for a container, whose loopback isn't the host's. */
  hasOwnNetwork: boolean;
  sockets: { port: number; isLoopback: boolean }[];
}

export interface InstancePort<Order> {
  /** Starts an app, or returns the one that runs already. */
  start(order: Order): Promise<StartOutcome>;
  /** Returns the instance of an earlier start, or undefined if there is none. */
  takeUp(instanceId: string): Promise<StartOutcome | undefined>;
  /** Calls the listener with each instance that was started or found. Returns a function that removes the listener. */
  onStarted(listener: (record: InstanceRecord) => void): () => void;
  isAlive(instanceId: string): boolean | Promise<boolean>;
  readRecord(instanceId: string): Promise<InstanceRecord | undefined>;
  /** Returns how it ended. Undefined while it runs, or if its end was not recorded. */
  readExit(instanceId: string): Promise<InstanceExit | undefined>;
  /** Requests the end of the whole tree: SIGTERM, the grace period, SIGKILL. */
  requestStop(instanceId: string): unknown;
  /** Kills a keeper that did not carry out a stop. `sweep` ends the rest of the app. */
  killKeeper?(instanceId: string): Promise<void>;
  /** Resolves when it is gone, in any way; immediately if there is none. Rejects with the signal's reason. */
  waitGone(instanceId: string, signal?: AbortSignal): Promise<void>;
  /** Calls once when it is gone. Returns a function that ends the watching. */
  watchGone(instanceId: string, onGone: () => void): () => void;
  /** Rejects if the list is unavailable, which is different from an empty list. */
  listInstances(): Promise<string[]>;
  /** Removes its files. Its log stays. */
  forget(instanceId: string): Promise<void>;
  /** Ends the remains of an instance without an owner. */
  sweep(instanceId: string): Promise<void>;
  /** Returns who listens on a loopback port. */
  portHolder(instanceId: string, port: number): Promise<PortHolder>;
  /**
   * Returns the ports on which its processes listen, as they see them. `port` is a port of this host. Undefined if they
   * can't be read.
   */
  listening(instanceId: string, port: number): Promise<Listening | undefined>;
  ownHealth(instanceId: string): Promise<OwnHealth>;
  logTail(service: string, instanceId: string, count: number): Promise<string[]>;
  /** Returns new lines of its log since a position. */
  readLog(service: string, instanceId: string, from?: LogPosition): Promise<LogRead>;
}
