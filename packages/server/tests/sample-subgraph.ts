import { EventEmitter, on, once } from 'node:events';
import type { Identity } from '@playgraph/auth/identity';
import { signIdentity } from '@playgraph/auth/signed-identity';
import { systemClock } from '@playgraph/kernel/clock';
import { badUserInput, DomainError } from '@playgraph/kernel/errors';
import { type Logger, silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import type { RequestInfo, Subgraph } from '@playgraph/server/subgraph';
import { recordStoreQuery } from '@playgraph/sharding/query-meter';
import { onTestFinished } from 'vitest';

export const identitySecret = 'a-secret-of-at-least-32-characters';
export const player: Identity = { userId: 'user_1', sessionId: 'session_1', scopes: [] };
export const SQL_LEAK = 'SELECT secret FROM "users" WHERE 1=1';

const typeDefs = /* GraphQL */ `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes"])
  scalar DateTime
  scalar MinorUnits
  type Query {
    hello(name: String! = "world"): String!
    sum(a: Int!, b: Int!): Int!
    echoTime(at: DateTime!): DateTime!
    echoAmount(amount: MinorUnits!): MinorUnits!
    refuse: String
    crash: String
    crashTwice: [String]!
    crashNonNull: String!
    badScalar: DateTime
    whoAmI: String @authenticated
    admin: String @requiresScopes(scopes: [["store:admin", "store:write"], ["root"]])
    vault: Vault
    search(filter: Filter): String
    queries(count: Int!): Boolean
    hang: String
  }
  input Filter { from: DateTime, limit: Int! }
  type Vault @authenticated { gold: Int, open: Boolean }
  type Item @key(fields: "id") { id: ID!, label: String }
  type Mutation { store(value: Int!): Int! }
  type Subscription {
    ticks(from: Int!, crashAfter: Int): Int!
    secretTicks: Int! @authenticated
    waits: Int!
    cannotStart: Int!
  }
`;

/** A subgraph that does everything that can go wrong, and an emitter that tells what it did. */
export function createSampleSubgraph(options: { logger?: Logger; failContext?: boolean } = {}) {
  const happened = new EventEmitter();
  const stored: number[] = [];
  const crash = () => {
    throw new Error(SQL_LEAK);
  };
  const shared = new Error(SQL_LEAK);
  const resolvers = {
    Query: {
      hello: (_: unknown, { name }: { name: string }) => `hello ${name}`,
      sum: (_: unknown, { a, b }: { a: number; b: number }) => a + b,
      echoTime: (_: unknown, { at }: { at: Date }) => at,
      echoAmount: (_: unknown, { amount }: { amount: bigint }) => amount,
      refuse: () => {
        throw badUserInput('Too short.', 'input.name');
      },
      crash,
      crashTwice: () => [1, 2].map(() => Promise.reject(shared)),
      crashNonNull: () => null,
      badScalar: () => SQL_LEAK,
      whoAmI: (_: unknown, _args: unknown, { identity }: RequestInfo) => identity?.userId ?? null,
      admin: () => 'admin',
      vault: () => ({ gold: 7, open: true }),
      search: () => 'found',
      queries: (_: unknown, { count }: { count: number }) => {
        for (let i = 0; i < count; i++) recordStoreQuery();
        return true;
      },
      hang: async (_: unknown, _args: unknown, { signal }: RequestInfo) => {
        happened.emit('hanging');
        await once(signal, 'abort');
        happened.emit('aborted');
        return null;
      },
    },
    Item: {
      __resolveReference: ({ id }: { id: string }) => (id === 'none' ? null : { id, label: `item ${id}` }),
    },
    Mutation: {
      store: (_: unknown, { value }: { value: number }) => {
        stored.push(value);
        return value;
      },
    },
    Subscription: {
      ticks: {
        async *subscribe(_: unknown, { from, crashAfter }: { from: number; crashAfter: number | null }) {
          for (let tick = from; tick < from + 3; tick++) {
            if (crashAfter === tick) crash();
            yield { ticks: tick };
          }
        },
      },
      secretTicks: {
        async *subscribe() {
          yield { secretTicks: 1 };
        },
      },
      waits: {
        async *subscribe(_: unknown, _args: unknown, { signal }: RequestInfo) {
          happened.emit('waiting');
          try {
            for await (const [waits] of on(happened, 'tick', { signal })) yield { waits };
          } catch (error) {
            if (!signal.aborted) throw error;
          } finally {
            happened.emit('released');
          }
        },
      },
      cannotStart: {
        subscribe: () => {
          throw new DomainError('NOT_FOUND', 'There is no such order.');
        },
      },
    },
  };
  const subgraph: Subgraph = {
    name: 'sample',
    logger: options.logger ?? silentLogger,
    schema: buildSchema({ typeDefs, resolvers }),
    createContext: (request) => (options.failContext ? crash() : { ...request }),
    routes: [
      { path: '/files', handle: (request, response) => void response.send(`file ${request.url}`) },
      { path: '/broken', handle: crash },
    ],
    checkReady: async () => undefined,
    close: async () => undefined,
  };
  return { subgraph, happened, stored };
}

/** The sample subgraph on a real port, closed when the test is done. */
export async function serveSample(options: { logger?: Logger; failContext?: boolean } = {}) {
  const sample = createSampleSubgraph(options);
  const logger = options.logger ?? silentLogger;
  const served = await serveSubgraph({ ...sample, host: '127.0.0.1', port: 0, identitySecret, logger });
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= served.close();
    return closing;
  };
  onTestFinished(close);
  return { ...sample, url: served.url, close };
}

/** Sends an operation as the gateway does. */
export async function post(
  url: string,
  request: { query?: string; variables?: unknown; operationName?: unknown },
  options: { identity?: Identity | null; headers?: Record<string, string>; signal?: AbortSignal } = {},
) {
  const body = JSON.stringify(request);
  const header = signIdentity({
    identity: options.identity ?? null,
    body,
    method: 'POST',
    secret: identitySecret,
    clock: systemClock,
  });
  const headers = { 'content-type': 'application/json', 'playgraph-identity': header, ...options.headers };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body, signal: options.signal ?? null });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) };
}

/** What a logger was told. */
export function createRecordingLogger() {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
  };
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => logger,
  };
  return { logger, lines };
}
