import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's parser and its time limits say -> what the client gets to read. */
const ANSWERS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
};
const MALFORMED = ['400 Bad Request', 'The request is not HTTP.'] as const;

/** The client closed its side in the middle of a request: it left, whatever is written to it. */
const CUT_OFF = 'HPE_INVALID_EOF_STATE';

const statuses = new WeakMap<Socket, number>();

/** The status with which `answerBadConnections` ended a connection; null where it did not, or the client left. */
export function badStatusOf(socket: Socket): number | null {
  return statuses.get(socket) ?? null;
}

/** Answers what never became an HTTP request, in the shape of all other errors, and closes the connection. */
export function answerBadConnections(server: Server): void {
  server.on(
    'clientError',
    (error: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: ServerResponse | null }) => {
      // An answer that is under way would be torn in two: Node's own default looks here, too.
      if (!socket.writable || error.code === 'ECONNRESET' || socket._httpMessage?.headersSent) {
        socket.destroy(error);
        return;
      }
      const [status, message] = ANSWERS[error.code ?? ''] ?? MALFORMED;
      if (error.code !== CUT_OFF) statuses.set(socket, Number.parseInt(status, 10));
      const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
      const head = `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}`;
      socket.end(`HTTP/1.1 ${status}\r\n${head}\r\nconnection: close\r\n\r\n${body}`, () => socket.destroy());
    },
  );
}
