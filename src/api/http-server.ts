// The HTTP server under the app. What Node refuses before the app sees it is answered like every other refusal;
// and nobody waits for the end of a body that is too large.
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { HTTP_STATUS, SlipwayError } from '../contract/errors.js';
import { PROBLEM_TYPE, problemOf } from './problem.js';

const TOO_LARGE = HTTP_STATUS.too_large;
const LARGEST_HEADERS_KIB = 16;
/** All that any path of the API takes. */
const ALLOW = 'Allow: GET, HEAD, POST, PATCH, DELETE';
/** How long a refused connection stays: closed at once, unread bytes would take the answer away with them. */
const LINGER_MS = 1_000;

/** How long a client may take before its connection is closed. */
export interface Patience {
  /** From the connection, or the request before, to the end of the headers. */
  headersMs: number;
  /** To the end of the body. */
  requestMs: number;
  /** How late either is noticed, at the most. */
  lateMs: number;
  /** In which no byte goes either way, as of an answer that nobody reads. No call takes as long. */
  silenceMs: number;
}
const PATIENCE: Patience = { headersMs: 15_000, requestMs: 120_000, lateMs: 5_000, silenceMs: 120_000 };

export function createHttpServer(app: RequestListener, { headersMs, requestMs, lateMs, silenceMs } = PATIENCE): Server {
  const server = createServer(
    {
      maxHeaderSize: LARGEST_HEADERS_KIB * 1024,
      requestTimeout: requestMs,
      headersTimeout: headersMs,
      connectionsCheckingInterval: lateMs,
      requireHostHeader: false, // the app refuses it, in words
    },
    app,
  );
  server.setTimeout(silenceMs); // Node closes the connection then
  server.on('checkExpectation', app); // an expectation nobody knows may be ignored (RFC 9110 §10.1.1)
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res) => {
    answers.set(req.socket, res);
    res.once('finish', () => {
      if (res.statusCode === TOO_LARGE) dropRest(req);
      else req.resume(); // a body that was refused in its middle: its client may read nothing before it has sent all
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writableEnded) return; // more of a request that was already refused
    const answer = answers.get(socket);
    const isAnswering = answer?.headersSent === true && !answer.writableFinished;
    if (!socket.writable || isAnswering) socket.destroy();
    else refuse(socket, ...refusalOf(error.code ?? ''));
  });
  server.on('connect', (_req, socket) => {
    socket.on('error', () => socket.destroy()); // Node has left it to us: unheard, it would end the API
    socket.resume();
    refuse(socket, 405, new SlipwayError('method_not_allowed', { text: 'method_not_allowed.connect' }), [ALLOW]);
  });
  return server;
}

/** Of a body that is too large: no more of it is waited for than has to be. */
function dropRest(req: IncomingMessage): void {
  req.resume();
  setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, LINGER_MS).unref();
}

function refuse(socket: Duplex, status: number, error: SlipwayError, headers: string[] = []): void {
  const body = JSON.stringify({ ...problemOf(error, 'zh-TW', '/'), status }); // neither a language nor a path is known
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${PROBLEM_TYPE}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers,
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
