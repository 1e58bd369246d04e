// What a BuildKit build needs beside it: a second connection, over which the engine asks for registry credentials.
import type Docker from 'dockerode';
import dialSession from 'dockerode/lib/session.js';

export interface BuildSession {
  id: string;
  close: () => void;
}

/** dockerode's own calls end a session with an answer's end only: of a build that is refused or broken off it stays open. */
export function openSession(docker: Docker): Promise<BuildSession> {
  return new Promise((resolve, reject) => {
    dialSession(docker, undefined, (error, id, close) => {
      if (error) reject(error);
      else resolve({ id, close });
    });
  });
}
