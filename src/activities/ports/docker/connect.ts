// Connects to the engine.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Docker, { type DockerOptions } from 'dockerode';
import { engineOptions, type EngineSettings } from '../../../engine-address.js';

/** Three clients of one engine. */
export interface EngineClients {
  /** For short calls. They fail if the engine is stuck, instead of delaying a step until its deadline. */
  calls: Docker;
  /** For builds, outputs, events and waits, which are silent while nothing happens. */
  streams: Docker;
  /**
   * For checks whether the engine accepts calls. Each uses a new connection, because an engine that shuts down still
   * answers on existing ones.
   */
  looks: Docker;
}

/** More than a `create` on a slow disk, or a `stop` with its grace period. */
const CALL_MS = 60_000;
const LOOK_MS = 1000;

export function connectEngine(settings: EngineSettings, callMs = CALL_MS): EngineClients {
  const at = engineOptions(settings);
  return {
    calls: new Docker({ ...at, timeout: callMs }),
    streams: new Docker(at),
    looks: new Docker({ ...at, ...onNewConnections(at), timeout: LOOK_MS }),
  };
}

/** Over ssh, each call has its own connection anyway. */
function onNewConnections({ protocol, ca, cert, key }: DockerOptions): { agent?: HttpAgent } {
  if (protocol === 'ssh') return {};
  if (protocol === 'https') return { agent: new HttpsAgent({ keepAlive: false, ca, cert, key }) };
  return { agent: new HttpAgent({ keepAlive: false }) };
}
