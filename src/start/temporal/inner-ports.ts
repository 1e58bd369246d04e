// The ports on which the server's parts connect to each other.
import { canListen } from '../../activities/ports/listening.js';
import { keepPort, type KeptPort } from '../kept-port.js';
import { INNER_PORTS, SERVER_IP, type InnerPorts } from './server-config.js';

/** After the usual ports of the frontend and its HTTP API. */
const FIRST_PORT = 7250;

export class InnerPortKeeper {
  readonly #kept = new Map<string, KeptPort>();

  /** Returns the ports. Call it while no server runs. A port that another program uses by now is replaced. */
  async settle(): Promise<InnerPorts> {
    const ports = {} as InnerPorts;
    for (const name of INNER_PORTS) ports[name] = await this.#settleOne(name);
    return ports;
  }

  release(): void {
    for (const kept of this.#kept.values()) kept.release();
    this.#kept.clear();
  }

  async #settleOne(name: string): Promise<number> {
    const kept = this.#kept.get(name);
    if (kept && (await canListen(kept.port, SERVER_IP))) return kept.port;
    kept?.release();
    const next = await keepPort(kept ? kept.port + 1 : FIRST_PORT);
    this.#kept.set(name, next);
    return next.port;
  }
}
