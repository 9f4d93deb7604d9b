import { connect, type Socket } from 'node:net';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import { unauthenticated } from '@playgraph/kernel/errors';
import { silentLogger } from '@playgraph/kernel/logger';
import { watchAbort } from '@playgraph/server/watch-abort';
import { createGate, type Gate } from '@playgraph/testkit/gate';
import { buildSchema, type ExecutionResult, execute, printSchema, subscribe } from 'graphql';
import { afterEach } from 'vitest';
import type { ClientInfo, IncrementalAnswer, PrintedAnswer } from '../../src/client-request.ts';
import type { Gateway } from '../../src/gateway.ts';
import type { AccessEntry } from '../../src/http/access-log.ts';
import { type ServeGatewayDeps, serveGateway } from '../../src/http/serve-gateway.ts';
import { createOperationCatalogue, type PreparedOperation } from '../../src/operations/prepare-operation.ts';

const schema = buildSchema(`
  type Query {
    hello(name: String = "world"): String!
    whoAmI: String
    "Fails where null may not stand: the whole of data becomes null."
    fails: Int!
    partly: Int
    letters(count: Int!): String!
    "May be kept for a minute by anybody."
    cached: String!
    headers: String!
    isShared: Boolean!
    "Answers when the client goes."
    hangs: Int
    "Comes in parts."
    parts: Int
    echo(value: Anything): Anything
  }
  type Mutation { count: Int! }
  type Subscription {
    counted(to: Int!, thenWait: Boolean = false): Int!
    breaks: Int!
    flood(bytes: Int!): String!
  }
  scalar Anything
`);

/** What happened behind the door. */
export type Seen = {
  counted: number;
  /** How many events of `flood` were taken. */
  flooded: number;
  readonly asked: Gate;
  readonly aborted: Gate;
  readonly waiting: Gate;
  readonly entries: AccessEntry[];
};

type DoorOptions = Partial<ServeGatewayDeps> & {
  /** Whom `hello` waits for. */
  readonly beforeHello?: () => Promise<void>;
};

/** A door with a gateway of one plain schema behind it, run by graphql-js: what the door does shows undisguised. */
export async function openDoor({ beforeHello, ...options }: DoorOptions = {}) {
  const seen: Seen = {
    counted: 0,
    flooded: 0,
    asked: createGate(),
    aborted: createGate(),
    waiting: createGate(),
    entries: [],
  };
  const served = await serveGateway({
    gateway: createSchemaGateway(seen, beforeHello),
    host: '127.0.0.1',
    port: 0,
    verifyToken: async (token) => {
      if (token !== 'good') throw unauthenticated('The access token does not count.');
      return { userId: 'user_1', sessionId: 'session_1', scopes: [] };
    },
    isDevelopment: false,
    corsOrigins: ['https://shop.example'],
    operationsDir: null,
    routes: [],
    checkReady: async () => undefined,
    logger: silentLogger,
    onRequest: (entry) => void seen.entries.push(entry),
    ...options,
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= served.close();
    return closing;
  };
  opened.push(close);
  const url = `${served.url}/graphql`;
  return {
    seen,
    url,
    origin: served.url,
    close,
    get: (params: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${url}?${new URLSearchParams(params)}`, { headers }),
    post: (body: unknown, headers: Record<string, string> = {}, signal: AbortSignal | null = null) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
        signal,
      }),
    /** A bare connection, for what no HTTP client would send. */
    dial: () => dial(served.url),
  };
}

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()));
});

/** The code of a response's first error. */
export async function codeOf(response: Response): Promise<unknown> {
  const { errors } = (await response.json()) as { errors?: { extensions?: { code?: unknown } }[] };
  return errors?.[0]?.extensions?.code;
}

function dial(origin: string): { socket: Socket; answer: Promise<string> } {
  const { port, hostname } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const answer = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(text));
  });
  return { socket, answer };
}

function createSchemaGateway(seen: Seen, beforeHello: DoorOptions['beforeHello']): Gateway {
  const catalogue = createOperationCatalogue(schema);
  const run = (
    operation: PreparedOperation,
    variableValues: Parameters<Gateway['execute']>[1],
    client: ClientInfo,
  ) => ({
    schema,
    document: operation.document,
    operationName: operation.name,
    variableValues,
    rootValue: { ...createRoot(seen, client), hello: createHello(beforeHello) },
  });
  const whole: Gateway['execute'] = async (operation, variables, client) => {
    const result = await execute(run(operation, variables, client));
    client.signal.throwIfAborted();
    return print(result, operation.text.includes('cached') ? 'public, max-age=60' : null);
  };
  return {
    graph: () => ({ apiSchema: schema }) as never,
    prepare: async ({ query, operationName }) => catalogue.prepare(query ?? '', operationName),
    execute: whole,
    executeIncrementally: async (operation, variables, client) =>
      operation.text.includes('parts') ? (answerInParts() as never) : whole(operation, variables, client),
    stats: () => ({}) as never,
    manifestChanged: () => undefined,
    async *subscribe(operation, variables, client) {
      const results = await subscribe(run(operation, variables, client));
      if (!(Symbol.asyncIterator in results)) return yield print(results, null);
      for await (const result of results) yield print(result, null);
    },
    forServer: forApollo(),
    checkReady: async () => undefined,
    close: async () => undefined,
  };
}

function createHello(before: DoorOptions['beforeHello']) {
  return async ({ name }: { name: string }) => {
    await before?.();
    return `hello ${name}`;
  };
}

function createRoot(seen: Seen, client: ClientInfo) {
  const whenGone = () => new Promise<void>((resolve) => watchAbort(client.signal, { onAbort: resolve }));
  return {
    whoAmI: () => client.identity?.userId,
    fails: () => Promise.reject(new Error('it fails')),
    partly: () => Promise.reject(new Error('it fails')),
    letters: ({ count }: { count: number }) => 'x'.repeat(count),
    cached: () => 'kept',
    headers: () => JSON.stringify(client.headers),
    isShared: () => client.allowsSharing,
    hangs: async () => {
      seen.asked.open();
      await whenGone();
      seen.aborted.open();
    },
    echo: ({ value }: { value: unknown }) => value,
    count: () => ++seen.counted,
    async *counted({ to, thenWait }: { to: number; thenWait: boolean }) {
      try {
        for (let i = 1; i <= to; i++) yield { counted: i };
        if (thenWait) {
          seen.waiting.open();
          await whenGone();
        }
      } finally {
        seen.aborted.open();
      }
    },
    async *breaks() {
      yield { breaks: 1 };
      throw new Error('the stream broke');
    },
    async *flood({ bytes }: { bytes: number }) {
      try {
        while (!client.signal.aborted) {
          seen.flooded += 1;
          yield { flood: 'x'.repeat(bytes) };
        }
      } finally {
        seen.aborted.open();
      }
    },
  };
}

function print(result: ExecutionResult, cacheControl: string | null): PrintedAnswer {
  const outcome = result.data ? 'DATA' : 'data' in result ? 'NULL' : 'REFUSED';
  return { body: Buffer.from(JSON.stringify(result)), outcome, status: null, cacheControl };
}

function answerInParts(): IncrementalAnswer {
  async function* rest() {
    yield Buffer.from('{"incremental":[{"path":[],"data":{"parts":1}}],"hasNext":true}');
    yield Buffer.from('{"hasNext":false}');
  }
  return { initial: Buffer.from('{"data":{},"hasNext":true}'), rest: rest() };
}

/** ApolloServer loads the schema by this and is asked nothing. */
function forApollo(): GatewayInterface {
  let tell: Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0] = () => undefined;
  return {
    onSchemaLoadOrUpdate(callback) {
      tell = callback;
      return () => undefined;
    },
    load: async () => {
      tell({ apiSchema: schema, coreSupergraphSdl: printSchema(schema) });
      return { executor: () => Promise.reject(new TypeError('nothing is asked this way')) };
    },
    stop: async () => undefined,
  };
}
