import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { formatHttpError, type HttpError } from './http-error.ts';

/** A request for another protocol on the same connection, as Node gives it. */
export type UpgradeRequest = {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What was read of the connection after the request's head. */
  readonly head: Buffer;
};

const WEBSOCKET_PATTERN = /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i;
const CLOSE_PATTERN = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i;
/** Headers that speak of the connection's next protocol. */
const UPGRADE_HEADERS: ReadonlySet<string> = new Set(['connection', 'upgrade', 'http2-settings']);

export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return WEBSOCKET_PATTERN.test(headers.upgrade ?? '');
}

/** Answers in the shape of all other errors, and closes the connection. */
export function refuseUpgrade(socket: Duplex, error: HttpError): void {
  const body = JSON.stringify({ errors: [formatHttpError(error)] });
  const lines = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  for (let i = 0; i < error.headers.length; i += 2) lines.push(`${error.headers[i]}: ${error.headers[i + 1]}`);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * Whether a request before this one has no whole answer yet: Node notes it at the socket. That answer could come after
 * what is written now, and whoever reads would take one for the other.
 */
export function isAnswering(socket: Duplex & { readonly _httpMessage?: unknown }): boolean {
  return Boolean(socket._httpMessage);
}

/**
 * Serves the request as if it had asked for no other protocol, as HTTP wants it of a server that does not speak that
 * one: Java's own client asks for HTTP/2 (`h2c`) with its first request, and means the answer to it. Node has given up
 * the connection by now, so it is handed to the server once more, with the request in front.
 */
export function serveWithoutUpgrade(server: Server, { request, socket, head }: UpgradeRequest): void {
  const { method, url, httpVersion, rawHeaders, headers } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!UPGRADE_HEADERS.has(String(rawHeaders[i]).toLowerCase())) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  if (CLOSE_PATTERN.test(headers.connection ?? '')) lines.push('connection: close');
  // Headers were read as latin1: written so, each byte is what it was.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  // Node's own listener, which reads HTTP, is the first; the others have met this connection already.
  server.listeners('connection')[0]?.call(server, socket);
}
