import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unauthenticated } from '@playgraph/kernel/errors';
import { silentLogger } from '@playgraph/kernel/logger';
import { createGate } from '@playgraph/testkit/gate';
import { createGateway } from '../src/gateway.ts';
import { serveGateway } from '../src/http/serve-gateway.ts';
import { createTestGraph } from './test-graph.ts';

type Context = { identity: { userId: string } | null; signal: AbortSignal };

/** What the subgraph behind the gateway saw and waits for. */
function createState() {
  const aborted = createGate();
  const asked = createGate();
  const ended = createGate();
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
            state.asked.open();
            signal.addEventListener('abort', () => state.aborted.open());
            return state.aborted.opened;
          },
        },
        Subscription: {
          counted: {
            async *subscribe(_: unknown, { to }: { to: number }, { signal }: Context) {
              try {
                for (let i = 1; i <= to; i++) yield { counted: i };
                await new Promise((resolve) => signal.addEventListener('abort', resolve));
              } finally {
                state.ended.open();
              }
            },
          },
        },
      },
    },
  };
}

/** A gateway with one subgraph behind it, both real, served over HTTP and WebSocket; its supergraph is a file. */
export async function serveSmallGateway() {
  const state = createState();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
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
  let closed: Promise<void> | undefined;
  return {
    state,
    folder,
    url: served.url,
    /** Stops serving; only the first call does anything. */
    close: () => {
      closed ??= served.close();
      return closed;
    },
    /** Stops serving and removes the file. */
    remove: async () => {
      closed ??= served.close();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
