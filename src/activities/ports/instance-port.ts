// Instances of apps, wherever they run: as processes under keepers, or as containers in an engine.
import type { AppKind } from '../../contract/states.js';
import type { HealthSpec, InstanceExit } from '../../contract/steps.js';
import type { LogPosition, LogRead } from './instance-log.js';

/** What is known of an instance without asking anybody. Stands in clear where it runs: never a secret in it. */
export interface InstanceFacts {
  instanceId: string;
  service: string;
  deploymentId: string;
  kind: AppKind;
  /** On the host's loopback. Set for a web app. */
  port?: number;
  health: HealthSpec;
}

export interface InstanceRecord extends InstanceFacts {
  startedAt: string;
}

/** `ended`: it has been here and is gone. The same instance is never started twice. */
export type StartOutcome<R extends InstanceRecord = InstanceRecord> =
  { state: 'running' | 'ended'; record: R } | { state: 'ended'; record?: undefined };

export type PortHolder = 'instance' | 'stranger' | 'nobody';

/** What an image says of its own health; `none` where it says nothing. */
export type OwnHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

export interface Listening {
  /** The port that it should listen on: in a container another one than the host's. */
  wanted: number;
  /** A container has, and its loopback leads nowhere else. */
  hasOwnNetwork: boolean;
  sockets: { port: number; isLoopback: boolean }[];
}

export interface InstancePort<Order> {
  /** Starts an app, or takes up the one that runs already. */
  start(order: Order): Promise<StartOutcome>;
  /** What an earlier start left; undefined when it left nothing. */
  takeUp(instanceId: string): Promise<StartOutcome | undefined>;
  /** Called with each instance that was started, taken up or found. Returns a function that ends it. */
  onStarted(listener: (record: InstanceRecord) => void): () => void;
  isAlive(instanceId: string): boolean | Promise<boolean>;
  readRecord(instanceId: string): Promise<InstanceRecord | undefined>;
  /** How it ended; undefined while it runs, and when nobody saw it. */
  readExit(instanceId: string): Promise<InstanceExit | undefined>;
  /** Asks for the end of the whole tree: SIGTERM, the grace, SIGKILL. */
  requestStop(instanceId: string): unknown;
  /** Kills what should have carried out a stop and did not. What is left of the app is the sweep's. */
  killKeeper?(instanceId: string): Promise<void>;
  /** Resolves when it is gone, however; at once when there is none. Rejects with the signal's reason. */
  waitGone(instanceId: string, signal?: AbortSignal): Promise<void>;
  /** Calls once when it is gone. Returns a function that ends the watching. */
  watchGone(instanceId: string, onGone: () => void): () => void;
  /** Rejects while that can't be known: which is not that there are none. */
  listInstances(): Promise<string[]>;
  /** Removes what it left. Its log stays. */
  forget(instanceId: string): Promise<void>;
  /** Ends what an instance without an owner has left. */
  sweep(instanceId: string): Promise<void>;
  /** Who answers on a loopback port. */
  portHolder(instanceId: string, port: number): Promise<PortHolder>;
  /** Where its processes listen, as they see it themselves. `port` is that of this host; undefined where nobody can look. */
  listening(instanceId: string, port: number): Promise<Listening | undefined>;
  ownHealth(instanceId: string): Promise<OwnHealth>;
  logTail(service: string, instanceId: string, count: number): Promise<string[]>;
  /** New lines of its log since a position. */
  readLog(service: string, instanceId: string, from?: LogPosition): Promise<LogRead>;
}
