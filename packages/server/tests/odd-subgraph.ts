import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import type { Random } from '@playgraph/kernel/random';
import { createHttpTransport } from '@playgraph/server/http-transport';
import type { CallEvent, HttpTransportOptions } from '@playgraph/server/http-transport-options';
import { createTransportRequest, type TransportInfo } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';
import { onTestFinished } from 'vitest';

/** What an odd subgraph does with the request number `count` (from 1), whose `body` it has read. */
export type OddHandler = (request: IncomingMessage, response: ServerResponse, count: number, body: string) => void;

export const identitySecret = 'a secret of the transport suite only';

/** An HTTP server that answers as `handle` likes; `happened` emits `request`, and `gone` when a client leaves early. */
export async function serveOdd(handle: OddHandler) {
  const happened = new EventEmitter();
  const seen: { headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ headers: request.headers, body });
    response.once('close', () => {
      if (!response.writableEnded) happened.emit('gone');
    });
    handle(request, response, seen.length, body);
    happened.emit('request');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/graphql`, happened, seen };
}

/** Retries at once. */
export const noWait: Random = { bytes: (count) => new Uint8Array(count), int: () => 0 };

/** A transport whose time is moved by hand, and what it says of its calls. */
export function createWatchedTransport(options: Partial<HttpTransportOptions> & { url: string }) {
  const clock = createManualClock(1_000_000);
  const calls: CallEvent[] = [];
  const common = { name: 'odd', identitySecret, clock, logger: silentLogger, random: noWait };
  const transport = createHttpTransport({ ...common, onCall: (event) => void calls.push(event), ...options });
  onTestFinished(() => transport.close());
  return { transport, clock, calls };
}

export const toRequest = (query: string, operationType = OperationTypeNode.QUERY) =>
  createTransportRequest({ query, operationName: undefined, operationType, variables: {} });
export const query = toRequest('{ a }');
export const mutation = toRequest('mutation { a }', OperationTypeNode.MUTATION);

export function toInfo(given: Partial<TransportInfo> = {}): TransportInfo {
  const { signal } = new AbortController();
  return { identity: null, correlationId: 'c', signal, isMetered: false, headers: {}, ...given };
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** The code of the first error of an answer. */
export async function codeOf(answer: Promise<{ read(): { errors?: readonly { extensions?: object }[] | undefined } }>) {
  return (await answer).read().errors?.[0]?.extensions;
}
