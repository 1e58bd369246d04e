// A receiver of callbacks: keeps what it got, and answers as a test says.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallbackBody } from '../../src/contract/callbacks.js';

export interface Received {
  headers: IncomingHttpHeaders;
  payload: string;
  body: CallbackBody;
  at: number;
}

export class Receiver {
  readonly got: Received[] = [];
  /** What each call is answered; `undefined`: never. */
  answer: (received: Received) => number | undefined = () => 204;
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.up();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook?token=of-the-receiver`;
  }

  /** Listens (again), where it did before. */
  async up(): Promise<void> {
    const server = createServer((req, res) => {
      let payload = '';
      req.setEncoding('utf8').on('data', (chunk: string) => (payload += chunk));
      req.on('end', () => {
        const received = { headers: req.headers, payload, body: JSON.parse(payload) as CallbackBody, at: Date.now() };
        this.got.push(received);
        const status = this.answer(received);
        if (status !== undefined) res.writeHead(status).end();
      });
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Of one deployment: the first copy of each. */
  events(deployment: string): Received[] {
    const own = this.got.filter(({ body }) => body.deployment_id === deployment);
    return own.filter(({ body }, index) => own.findIndex((other) => other.body.event_id === body.event_id) === index);
  }
}
