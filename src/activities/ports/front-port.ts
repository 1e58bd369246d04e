// The reverse proxy in front of web services: it listens on a stable port for each, and leads it to what serves now.

/** What a stable port leads to: an instance's port on the loopback, or nothing, while nothing is to be up. */
export type Upstream = number | 'nothing';

export interface FrontRoute {
  /** Where the proxy listens. */
  port: number;
  upstream: Upstream;
}

/** What one service is to have. `keepPort`: the one it was given once, for ever. */
export interface WantedRoute {
  upstream: Upstream;
  keepPort?: number;
  /** Ports of services whose routes the proxy may have lost. */
  avoid: ReadonlySet<number>;
}

export interface FrontPort {
  urlOf(port: number): string;
  /** The routes of this Slipway's host, by service. Undefined for one that is not as it would be written. */
  readRoutes(): Promise<Map<string, FrontRoute | undefined>>;
  /**
   * One service at a time: reads what stands, has it decided what is wanted, and sets that, or removes the route where
   * nothing is. Begins anew when anybody changed the proxy's configuration between the reading and the setting, so that
   * what was decided is never older than what it replaces.
   */
  settle(service: string, decide: () => Promise<WantedRoute | undefined>): Promise<FrontRoute | undefined>;
}
