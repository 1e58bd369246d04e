// Node's own HTTP client: its cost counts in every time taken, and this is the least of them.
import { request, type Agent } from 'node:http';

export interface HttpCall {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Absent: a connection of its own. */
  agent?: Agent;
  /** Instead of the URL's host and port. */
  socketPath?: string;
}

export function callHttp(
  url: string,
  { method, headers, body, agent, socketPath }: HttpCall = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method, agent: agent ?? false, headers, socketPath, setHost: socketPath === undefined },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
        response.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
