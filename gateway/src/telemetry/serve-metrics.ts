import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from '@playgraph/kernel/logger';
import { drain, listen } from '@playgraph/server/http-listener';
import type { Metrics } from './metrics.ts';

/** Where metrics are. */
export const METRICS_PATH = '/metrics';

const LOOPBACK_PATTERN = /^(?:::ffff:)?127\.|^::1$/;
/** Headers of a request that somebody else made and a proxy on this machine brought. */
const PROXY_HEADERS = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'] as const;
const NOTHING_HERE = printError('There is nothing at this address.', 'NOT_FOUND');

/** Answers one HTTP request. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export type MetricsPage = {
  readonly metrics: Pick<Metrics, 'contentType' | 'print'>;
  /**
   * `loopback`: only whoever asks on this machine, and not through a proxy; for others the page does not exist, since it
   * names operations and subgraphs. `any`: everybody, for a listener of its own that only the monitoring reaches.
   */
  readonly access: 'loopback' | 'any';
  readonly logger: Logger;
};

/** Answers a request to the metrics page; the path is the caller's matter. Never throws. */
export function createMetricsHandler({ metrics, access, logger }: MetricsPage): HttpHandler {
  return (request, response) => {
    if (access === 'loopback' && !isLocal(request)) return answer(response, 404, NOTHING_HERE);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return answer(response, 405, printError('Metrics are read by GET.', 'BAD_REQUEST'));
    }
    metrics.print().then(
      (text) => {
        response.setHeader('cache-control', 'no-store');
        answer(response, 200, text, metrics.contentType);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'the metrics could not be printed');
        answer(response, 500, printError('Something went wrong on our side.', 'INTERNAL_SERVER_ERROR'));
      },
    );
  };
}

/** A listener for metrics alone. Rejects when the address cannot be had. */
export async function listenForMetrics(
  handle: HttpHandler,
  at: { readonly host: string; readonly port: number },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const [path] = (request.url ?? '').split('?');
    if (path === METRICS_PATH) handle(request, response);
    else answer(response, 404, NOTHING_HERE);
  });
  const url = await listen(server, at);
  return { url: `${url}${METRICS_PATH}`, close: () => drain(server) };
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  return (
    LOOPBACK_PATTERN.test(socket.remoteAddress ?? '') && PROXY_HEADERS.every((name) => headers[name] === undefined)
  );
}

function printError(message: string, code: string): string {
  return JSON.stringify({ errors: [{ message, extensions: { code } }] });
}

function answer(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length });
  response.end(bytes);
}
