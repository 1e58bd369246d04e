declare module 'dockerode/lib/session.js' {
  import type Docker from 'dockerode';

  /** `id` goes into the build's query; `close` ends the connection and its server. */
  export default function withSession(
    docker: Docker,
    credentials: undefined,
    handler: (error: Error | null, id: string, close: () => void) => void,
  ): void;
}
