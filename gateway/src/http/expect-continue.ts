import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { HttpError } from './http-error.ts';

const CONTINUE_PATTERN = /(?:^|\W)100-continue(?:$|\W)/i;
const CLOSE_PATTERN = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i;

/** A request and its response. */
type Incoming = { readonly request: IncomingMessage; readonly response: ServerResponse };

/**
 * Requests of clients that hold their body back until they are told to go on (`expect: 100-continue`) come like others.
 * What refuses one without `invite` closes the connection: nobody can know whether its body still comes.
 */
export function takeExpecting(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
    server.emit('request', request, response);
  });
}

/** Tells a client that holds its body back to send it; does nothing for others. @throws HttpError 413 when it is too large. */
export function invite({ request, response }: Incoming, bytesMax: number): void {
  const { headers, httpVersion } = request;
  if (headers.expect === undefined || httpVersion !== '1.1' || !CONTINUE_PATTERN.test(headers.expect)) return;
  if (Number(headers['content-length']) > bytesMax) {
    throw new HttpError(413, `The body is larger than ${bytesMax} bytes.`);
  }
  response.shouldKeepAlive = !CLOSE_PATTERN.test(headers.connection ?? '');
  response.writeContinue();
}
