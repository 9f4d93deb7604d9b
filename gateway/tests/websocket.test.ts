import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unauthenticated } from '@playgraph/kernel/errors';
import { silentLogger } from '@playgraph/kernel/logger';
import { type Client, createClient } from 'graphql-ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createGateway } from '../src/gateway.ts';
import { serveGateway } from '../src/http/serve-gateway.ts';
import { createTestGraph } from './test-graph.ts';

type Context = { identity: { userId: string } | null; signal: AbortSignal };

/** A promise that somebody else resolves. */
function createSignal() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** What the subgraph behind the gateway saw and waits for. */
function createState() {
  const aborted = createSignal();
  const asked = createSignal();
  const ended = createSignal();
  return { aborted, asked, ended };
}

function createParts(state: ReturnType<typeof createState>) {
  return {
    main: {
      typeDefs: `
        type Query { whoAmI: String hangs: Int }
        type Subscription { counted(to: Int!): Int! }
      `,
      resolvers: {
        Query: {
          whoAmI: (_: unknown, __: unknown, { identity }: Context) => identity?.userId ?? null,
          hangs: (_: unknown, __: unknown, { signal }: Context) => {
            state.asked.resolve();
            signal.addEventListener('abort', () => state.aborted.resolve());
            return state.aborted.promise;
          },
        },
        Subscription: {
          counted: {
            async *subscribe(_: unknown, { to }: { to: number }, { signal }: Context) {
              try {
                for (let i = 1; i <= to; i++) yield { counted: i };
                await new Promise((resolve) => signal.addEventListener('abort', resolve));
              } finally {
                state.ended.resolve();
              }
            },
          },
        },
      },
    },
  };
}

let state: ReturnType<typeof createState>;
let folder: string;
let url: string;
let close: () => Promise<void>;
const clients: Client[] = [];

beforeEach(async () => {
  state = createState();
  folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const { graph, supergraphSdl } = createTestGraph(createParts(state));
  const file = join(folder, 'supergraph.graphql');
  await writeFile(file, supergraphSdl);
  const transport = graph.transports.get('main');
  if (!transport) throw new Error('no transport');
  const served = await serveGateway({
    gateway: createGateway({ source: { file }, createTransport: () => transport, logger: silentLogger }),
    host: '127.0.0.1',
    port: 0,
    verifyToken: async (token) => {
      if (token !== 'good') throw unauthenticated('The access token does not count.');
      return { userId: 'user_1', sessionId: 'session_1', scopes: [] };
    },
    isDevelopment: true,
    corsOrigins: ['https://shop.example'],
    operationsDir: null,
    routes: [],
    checkReady: async () => undefined,
    logger: silentLogger,
  });
  ({ url, close } = served);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
  await close();
  await rm(folder, { recursive: true, force: true });
});

function connect(connectionParams: Record<string, unknown> = {}): Client {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });
  clients.push(client);
  return client;
}

test('a subscription streams over graphql-ws and ends at the subgraph when the client completes', async () => {
  const events: unknown[] = [];
  for await (const { data } of connect().iterate({ query: 'subscription { counted(to: 3) }' })) {
    events.push(data);
    if (events.length === 3) break;
  }
  expect(events).toEqual([{ counted: 1 }, { counted: 2 }, { counted: 3 }]);
  await state.ended.promise;
});

test('queries run over the socket as whoever connected', async () => {
  const query = { query: '{ whoAmI }' };
  const answers: unknown[] = [];
  for await (const answer of connect({ authorization: 'Bearer good' }).iterate(query)) answers.push(answer);
  expect(answers).toEqual([{ data: { whoAmI: 'user_1' } }]);
});

test('a socket with a token that does not count is closed with 4401', async () => {
  const events = connect({ authorization: 'Bearer bad' }).iterate({ query: '{ whoAmI }' });
  await expect(events.next()).rejects.toMatchObject({ code: 4401 });
});

test('an operation that is not valid is refused on the socket before it runs', async () => {
  const events = connect().iterate({ query: 'subscription { counted }' });
  await expect(events.next()).rejects.toEqual([
    expect.objectContaining({
      message: expect.stringContaining('counted'),
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    }),
  ]);
});
