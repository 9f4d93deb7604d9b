import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { badRequest, formatHttpError, HttpError } from './http-error.ts';

/** What no name or address of a host has in it. */
const NO_HOST_PATTERN = /[\s,/?#@\\]/;

/**
 * What HTTP wants refused and Node lets pass, or refuses without a word; null where there is nothing. A request with two
 * hosts, or with none, is one that a proxy in front may have understood in another way than we would.
 */
export function improprietyOf({ httpVersionMajor, httpVersionMinor, headers, rawHeaders }: IncomingMessage) {
  if (httpVersionMajor !== 1) return new HttpError(505, 'The version of HTTP is 1.1.');
  const { host, 'transfer-encoding': coding } = headers;
  if (host === undefined ? httpVersionMinor > 0 : NO_HOST_PATTERN.test(host) || hasSeveralHosts(rawHeaders)) {
    return badRequest('A request has one "host".');
  }
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return new HttpError(501, 'A body may be sent in chunks, and in no other transfer coding.');
  }
  return null;
}

/** Node keeps the first of them. */
function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/** Answers in the shape of all other errors and closes the connection: where the next request begins may be in doubt. */
export function refuseImproper(response: ServerResponse, error: HttpError): void {
  const body = JSON.stringify({ errors: [formatHttpError(error)] });
  response.writeHead(error.status, {
    connection: 'close',
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Refuses what a client expects of us beside `100-continue`. */
export function refuseExpectations(server: Server): void {
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    refuseImproper(response, new HttpError(417, 'Nothing but 100-continue can be expected here.'));
  });
}
