// Requests at an even rate, as many people send them: each on a connection of its own, not waiting for the others.
import { callHttp } from './http.js';

export interface Load {
  /** Ends it, waits for what is open, and tells how it went. */
  stop(): Promise<Loaded>;
}

export interface Loaded {
  sent: number;
  /** Answers other than 200, and connections that broke. */
  failed: string[];
  /** Different bodies that came, in the order in which they first did. */
  bodies: string[];
}

export function startLoad(url: string, perSecond: number): Load {
  const failed: string[] = [];
  const bodies = new Set<string>();
  const calls: Promise<void>[] = [];
  const call = async (): Promise<void> => {
    try {
      const { status, text } = await callHttp(url);
      if (status === 200) bodies.add(text);
      else failed.push(`${status} ${text}`);
    } catch (error) {
      failed.push(String(error));
    }
  };
  const timer = setInterval(() => calls.push(call()), 1000 / perSecond);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(calls);
      return { sent: calls.length, failed, bodies: [...bodies] };
    },
  };
}
