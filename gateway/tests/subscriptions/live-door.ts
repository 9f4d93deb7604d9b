import { once } from 'node:events';
import { createServer } from 'node:http';
import { createTokenIssuer, createTokenVerifier } from '@playgraph/auth/access-token';
import { createStaticKeySet } from '@playgraph/auth/key-set';
import { generateSigningKey } from '@playgraph/auth/signing-key';
import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { drain, listen } from '@playgraph/server/http-listener';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { printRefusal } from '../../src/client-request.ts';
import { coerceVariables } from '../../src/graph.ts';
import { serveWebSocket, type WebSocketDeps } from '../../src/http/websocket.ts';
import { createCountingObserver, createLiveGraph, type LiveOptions } from './live-graph.ts';

export const TOKEN_TTL_MS = 60_000;
const key = generateSigningKey();

/** The live graph behind a real WebSocket door, with tokens that count. */
export async function serveLive(
  given: { readonly door?: Partial<WebSocketDeps>; readonly subscriptions?: LiveOptions } = {},
) {
  const { observer, counts } = createCountingObserver();
  const live = createLiveGraph({ observer, ...given.subscriptions });
  const clock = createManualClock(Date.UTC(2026, 10, 21));
  const issuer = createTokenIssuer({ key, issuer: 'live', clock, accessTtlMs: TOKEN_TTL_MS });
  const verifier = createTokenVerifier({
    keySet: createStaticKeySet({ keys: [key.publicJwk] }),
    issuer: 'live',
    clock,
    clockToleranceMs: given.door?.clockToleranceMs ?? 0,
  });
  const server = createServer();
  const door = serveWebSocket({
    gateway: {
      prepare: async ({ query, operationName }) => live.graph().catalogue.prepare(query ?? '', operationName),
      execute: async (operation, variables, client) => {
        const coerced = coerceVariables(live.graph().apiSchema, operation, variables);
        if ('errors' in coerced) return printRefusal(coerced);
        const rest = { correlationId: client.correlationId, foreseen: [], joinsSteps: false, extensions: null };
        return live
          .graph()
          .compile(operation)
          .execute({ ...coerced, ...rest, call: live.callFor(client) });
      },
      subscribe: (operation, variables, client) => live.subscriptions.subscribe({ operation, variables, client }),
    },
    server,
    path: '/graphql',
    verifyToken: (token) => verifier.verify(token),
    allowMetering: false,
    logger: silentLogger,
    clock,
    observer,
    ...given.door,
  });
  const url = `${(await listen(server, { host: '127.0.0.1', port: 0 })).replace('http', 'ws')}/graphql`;
  onTestFinished(async () => {
    await door.close();
    await drain(server);
  });
  const authorization = (userId: string) =>
    `Bearer ${issuer.issue({ userId, sessionId: 'session', scopes: [] }).token}`;
  return { ...live, url, door, counts, clock, authorization };
}

export type Message = { readonly type: string; readonly id?: string; readonly payload?: never };

/** A client that says exactly what the test tells it to. */
export async function open(url: string, protocol: string | null = 'graphql-transport-ws', options: ClientOptions = {}) {
  const socket = new WebSocket(url, protocol === null ? [] : [protocol], options);
  const messages: Message[] = [];
  const closed = once(socket, 'close').then(([code, reason]) => [code, String(reason)] as const);
  socket.on('error', () => undefined);
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const client = {
    socket,
    closed,
    /** Sends an object as JSON, a text as it is. */
    say: (message: object | string) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    subscribe: (id: string, query: string, more: object = {}) =>
      client.say({ id, type: 'subscribe', payload: { query, ...more } }),
    async next(): Promise<Message> {
      while (messages.length === 0) await once(socket, 'message');
      return messages.shift() as Message;
    },
  };
  return client;
}

/** A client that is acknowledged. */
export async function connect(url: string, payload?: object) {
  const client = await open(url);
  client.say({ type: 'connection_init', ...(payload && { payload }) });
  await client.next();
  return client;
}
