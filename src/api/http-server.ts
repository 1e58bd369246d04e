// The HTTP server under the app. What Node refuses before the app sees it is answered like every other refusal.
import { createServer, STATUS_CODES, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { SlipwayError } from '../contract/errors.js';
import { PROBLEM_TYPE, problemOf } from './problem.js';

const LARGEST_HEADERS_KIB = 16;
/** How long a refused connection stays half open: closed at once, unread bytes would take the answer away with them. */
const LINGER_MS = 1_000;

export function createHttpServer(app: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: LARGEST_HEADERS_KIB * 1024,
      requestTimeout: 120_000,
      headersTimeout: 15_000,
      connectionsCheckingInterval: 5_000, // how late that is noticed
      requireHostHeader: false, // the app refuses it, in words
    },
    app,
  );
  server.on('checkExpectation', app); // an expectation nobody knows may be ignored (RFC 9110 §10.1.1)
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res) => answers.set(req.socket, res));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writableEnded) return; // more of a request that was already refused
    const answer = answers.get(socket);
    const isAnswering = answer?.headersSent === true && !answer.writableFinished;
    if (!socket.writable || isAnswering) socket.destroy();
    else refuse(socket, error.code ?? '');
  });
  return server;
}

function refuse(socket: Duplex, code: string): void {
  const [status, error] = refusalOf(code);
  const body = JSON.stringify({ ...problemOf(error, 'zh-TW', '/'), status }); // neither a language nor a path was read
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${PROBLEM_TYPE}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function refusalOf(code: string): [number, SlipwayError] {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const params = { limit: `${LARGEST_HEADERS_KIB} KiB` };
    return [431, new SlipwayError('malformed', { text: 'malformed.headers_too_large', params })];
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, new SlipwayError('malformed', { text: 'malformed.too_slow' })];
  return [400, new SlipwayError('malformed', { text: 'malformed.http' })];
}
