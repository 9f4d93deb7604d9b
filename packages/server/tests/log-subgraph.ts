import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { createSocketStreams, type SocketOptions } from '@playgraph/server/socket-transport';
import type { RequestInfo, Subgraph } from '@playgraph/server/subgraph';
import { createTransportRequest, type TransportInfo, type TransportResponse } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { identitySecret } from './sample-subgraph.ts';

const typeDefs = /* GraphQL */ `
  type Query { ok: Boolean! }
  type Subscription {
    "Every entry from now on, or those after a cursor and then the new ones."
    entries(after: String): Entry!
    whoListens: String!
    flood: Int!
  }
  type Entry { text: String! cursor: String! place: Place! }
  type Place { index: Int! }
`;

/** A log that is listened to: `write` adds an entry; `open()` counts the streams that are open now. */
export function createLogSubgraph() {
  const entries: string[] = [];
  const happened = new EventEmitter().setMaxListeners(0);
  const state = { open: 0, opened: 0 };
  const toEvent = (index: number) => ({ text: entries[index], cursor: String(index), place: { index } });
  const untilAbort = (signal: AbortSignal) => once(happened, 'write', { signal }).catch(() => undefined);
  async function* track<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
    state.open += 1;
    state.opened += 1;
    happened.emit('open');
    try {
      yield* items;
    } finally {
      state.open -= 1;
      happened.emit('closed');
    }
  }
  async function* read(next: number, signal: AbortSignal) {
    for (let i = next; !signal.aborted; ) {
      if (i < entries.length) yield { entries: toEvent(i++) };
      else await untilAbort(signal);
    }
  }
  async function* sayWho({ identity, correlationId, signal }: RequestInfo) {
    yield { whoListens: `${identity?.userId ?? 'nobody'} ${correlationId}` };
    await untilAbort(signal);
  }
  async function* flood(signal: AbortSignal) {
    for (let i = 0; !signal.aborted; i++) yield { flood: i };
  }
  const resolvers = {
    Query: { ok: () => true },
    Subscription: {
      entries: {
        subscribe: (_: unknown, { after }: { after?: string }, { signal }: RequestInfo) =>
          track(read(after == null ? entries.length : Number(after) + 1, signal)),
      },
      whoListens: { subscribe: (_: unknown, __: unknown, info: RequestInfo) => track(sayWho(info)) },
      flood: { subscribe: (_: unknown, __: unknown, { signal }: RequestInfo) => track(flood(signal)) },
    },
  };
  const subgraph: Subgraph = {
    name: 'log',
    logger: silentLogger,
    schema: buildSchema({ typeDefs, resolvers }),
    createContext: (request) => request,
    routes: [],
    checkReady: async () => undefined,
    close: async () => undefined,
  };
  return {
    subgraph,
    happened,
    state,
    write: (text: string) => {
      entries.push(text);
      happened.emit('write');
    },
    /** Resolves when `count` streams are open. */
    async untilOpen(count: number) {
      while (state.open !== count) await Promise.race([once(happened, 'open'), once(happened, 'closed')]);
    },
  };
}

/** The log on a real port; `restart` ends every socket and serves at the same port again. */
export async function serveLog(log = createLogSubgraph()) {
  const serve = (port: number) =>
    serveSubgraph({ subgraph: log.subgraph, host: '127.0.0.1', port, identitySecret, logger: silentLogger });
  let served = await serve(0);
  const { port } = new URL(served.url);
  const url = `${served.url}/graphql`;
  onTestFinished(() => served.close());
  return {
    ...log,
    url,
    stop: () => served.close(),
    async start() {
      served = await serve(Number(port));
    },
  };
}

/** Streams to `url`, closed when the test is done, and what became of their sockets. */
export function connectStreams(url: string, options: Partial<SocketOptions> = {}) {
  const sockets = { opened: 0, closed: 0, happened: new EventEmitter() };
  const observer = {
    onSocketOpened: () => {
      sockets.opened += 1;
    },
    onSocketClosed: () => {
      sockets.closed += 1;
      sockets.happened.emit('closed');
    },
    onStreamRetried: () => void sockets.happened.emit('retried'),
  };
  const common = { name: 'log', identitySecret, clock: systemClock, logger: silentLogger, observer };
  const streams = createSocketStreams({ ...common, url, ...options });
  onTestFinished(() => streams.close());
  return { ...streams, sockets };
}

/** A subscription as the planner writes it. */
export function toSubscription(query: string, variables = {}) {
  const operationType = OperationTypeNode.SUBSCRIPTION;
  return createTransportRequest({ query, operationName: undefined, operationType, variables });
}

export function infoOf(given: Partial<TransportInfo> = {}): TransportInfo {
  const signal = new AbortController().signal;
  return { identity: null, correlationId: 'log-test', signal, isMetered: false, headers: {}, ...given };
}

/** The next response; null at the end. */
export async function nextOf(events: AsyncGenerator<TransportResponse, void, void>): Promise<TransportResponse | null> {
  const { done, value } = await events.next();
  return done ? null : value;
}

/** A server that speaks as the test tells it to: `onMessage` gets every parsed message. */
export async function serveScript(
  onMessage: (message: Record<string, unknown>, socket: WebSocket, request: IncomingMessage) => void,
) {
  const server: Server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
  sockets.on('connection', (socket, request) => {
    socket.on('message', (data) => onMessage(JSON.parse(String(data)), socket, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}
