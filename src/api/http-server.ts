// The HTTP server of the app. Requests that Node rejects before the app also get a problem response. The server doesn't
// wait for the rest of a body that is too large.
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
/** All methods that the API supports on any path. */
const ALLOW = 'Allow: GET, HEAD, POST, PATCH, DELETE';
/**
 * The time that a rejected connection stays open. If it were closed immediately, unread bytes would discard the
 * response.
 */
const LINGER_MS = 1_000;

/** The time limits for clients. */
export interface Patience {
  /** From the connection or the previous request to the end of the headers. */
  headersMs: number;
  /** To the end of the body. */
  requestMs: number;
  /** The maximum delay until either timeout is detected. */
  lateMs: number;
  /**
   * The longest time without a byte in either direction, for example if a client doesn't read the response. No call
   * takes this long.
   */
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
      requireHostHeader: false, // the app returns the error, with a text
    },
    app,
  );
  server.setTimeout(silenceMs); // Node then closes the connection
  server.on('checkExpectation', app); // unknown expectations may be ignored (RFC 9110, section 10.1.1)
  const answers = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on('request', (req, res) => {
    const open = answers.get(req.socket) ?? new Set();
    answers.set(req.socket, open.add(res));
    res.once('close', () => open.delete(res));
    res.once('finish', () => {
      if (res.statusCode === TOO_LARGE) dropRest(req);
      // Reads the rest of a rejected body, because some clients read the response only after they have sent everything.
      else req.resume();
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writableEnded) return; // the rest of a request that was already rejected
    const open = answers.get(socket) ?? [];
    if (socket.writable && [...open].every(canFollow)) refuse(socket, ...refusalOf(error.code ?? ''));
    else socket.destroy();
  });
  server.on('connect', (_req, socket) => {
    socket.on('error', () => socket.destroy()); // without a listener, an error would end the API
    socket.resume();
    refuse(socket, 405, new SlipwayError('method_not_allowed', { text: 'method_not_allowed.connect' }), [ALLOW]);
  });
  return server;
}

/**
 * Returns false if the client would take a refusal for a part of this response, or for the response to an earlier
 * request than the malformed one. The response of a malformed request is still empty.
 */
function canFollow(res: ServerResponse): boolean {
  // `writableFinished` is true only in a later tick since Node 24.
  const isWritten = res.writableEnded && res.writableLength === 0;
  const isOfMalformed = !res.req.complete && !res.headersSent;
  return isWritten || isOfMalformed;
}

/** Reads the rest of a body that is too large for a limited time, then closes the connection. */
function dropRest(req: IncomingMessage): void {
  req.resume();
  setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, LINGER_MS).unref();
}

function refuse(socket: Duplex, status: number, error: SlipwayError, headers: string[] = []): void {
  const body = JSON.stringify({ ...problemOf(error, 'zh-TW', '/'), status }); // the language and the path are unknown
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
