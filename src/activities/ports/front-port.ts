// The reverse proxy in front of web services: it listens on a stable port for each, and forwards it to the active
// instance.

/** The target of a stable port: an instance's port on the loopback, or `nothing` while no instance should run. */
export type Upstream = number | 'nothing';

export interface FrontRoute {
  /** The port on which the proxy listens. */
  port: number;
  upstream: Upstream;
}

/** The route that a service should have. `keepPort` is its permanent port, if it has one already. */
export interface WantedRoute {
  upstream: Upstream;
  keepPort?: number;
  /** Ports of services whose routes the proxy may have lost. */
  avoid: ReadonlySet<number>;
}

export interface FrontPort {
  urlOf(port: number): string;
  /**
   * Returns the routes of this Slipway's host, by service. Undefined for a route that is not as Slipway would write it.
   */
  readRoutes(): Promise<Map<string, FrontRoute | undefined>>;
  /**
   * Sets a route, one service at a time: reads the current one, calls `decide`, and writes the result, or removes the
   * route without one. Starts again if the proxy's configuration was changed between the read and the write. So a
   * decision is never older than the route that it replaces.
   */
  settle(service: string, decide: () => Promise<WantedRoute | undefined>): Promise<FrontRoute | undefined>;
}
