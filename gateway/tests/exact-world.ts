import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { composeServices } from '@apollo/composition';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { systemClock } from '@playgraph/kernel/clock';
import { ExactNumber, parseExact, printExact } from '@playgraph/kernel/exact-json';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { buildSchema } from '@playgraph/server/build-schema';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { type ExecutionArgs, execute, type GraphQLSchema, parse } from 'graphql';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createEntityCache } from '../src/cache/entity-cache.ts';
import { createGateway } from '../src/gateway.ts';
import { serveGateway } from '../src/http/serve-gateway.ts';
import { readLiteralsExactly } from '../src/operations/exact-variables.ts';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@context", "@fromContext"])';

/** Two numbers that are the same to a double. */
export const [ONE, OTHER] = ['12345678901234567891', '12345678901234567892'];
const BALANCE = '12345678901234567890.123456789012345678901234567890';

const LEDGER = `
  scalar Long scalar Decimal scalar Json
  type Query {
    account(no: Long!): Account
    accounts: [Account!]!
    found(filter: Filter): Json
    echo(value: Json): Json
    said(id: ID): String
    past: Decimal
  }
  input Filter { min: Long, any: [Json!], limit: Int, ratio: Float, label: String, flag: Boolean, ids: [ID!], inner: Filter }
  type Mutation { put(value: Json): Json }
  type Subscription { changed(from: Long): Account }
  type Account @key(fields: "no") {
    no: Long! balance: Decimal! meta: Json rate: Float count: Int label: String ident: ID owned: Account part: Part
  }
  type Part { digits: Long }
`;

const OWNERS = `
  scalar Long scalar Decimal scalar Json
  type Query { owners: Json }
  type Account @key(fields: "no") @context(name: "account") {
    no: Long! balance: Decimal! @external
    owner(as: Json): Json worth: Json @requires(fields: "balance") seen: Json branch: Branch!
    part: Part @external
    within: Json @requires(fields: "part { digits }")
  }
  type Part @external { digits: Long }
  type Branch @key(fields: "id") { id: ID! at(no: Long @fromContext(field: "$account { no }")): Json }
`;

function accountOf(no: unknown) {
  return {
    __typename: 'Account',
    no: new ExactNumber(String(no)),
    balance: new ExactNumber(BALANCE),
    meta: { deep: [{ digits: new ExactNumber(String(no)), text: `${no}` }, 1.5] },
    ident: String(no),
    part: { digits: new ExactNumber(String(no)) },
  };
}

const RESOLVERS = {
  ledger: {
    Query: {
      account: (_: unknown, { no }: { no: unknown }) => accountOf(no),
      accounts: () => [ONE, OTHER].map(accountOf),
      found: (_: unknown, { filter }: { filter: unknown }) => filter,
      echo: (_: unknown, { value }: { value: unknown }) => value,
      said: (_: unknown, { id }: { id: string }) => id,
    },
    Mutation: { put: (_: unknown, { value }: { value: unknown }) => value },
    Account: { __resolveReference: ({ no }: { no: unknown }) => accountOf(no), owned: () => accountOf(OTHER) },
  },
  owners: {
    Account: {
      __resolveReference: (reference: { no: unknown; balance?: unknown }) => reference,
      owner: ({ no }: { no: unknown }, { as }: { as: unknown }) => ({ no, as }),
      worth: ({ balance }: { balance: unknown }) => balance,
      within: ({ part }: { part: unknown }) => part,
      seen: ({ no }: { no: unknown }) => `seen ${no}`,
      branch: () => ({ id: 'main' }),
    },
    Branch: { at: (_: unknown, { no }: { no: unknown }) => ({ no }) },
  },
};

export type ExactWorld = Awaited<ReturnType<typeof openExactWorld>>;

const supergraphSdl = compose();
const schemas = Object.entries({ ledger: LEDGER, owners: OWNERS }).map(([name, typeDefs]) => {
  const resolvers = RESOLVERS[name as keyof typeof RESOLVERS];
  const schema = buildSchema({ typeDefs: `${LINK} ${typeDefs}`, resolvers });
  readLiteralsExactly(schema);
  return [name, schema] as const;
});

/**
 * Two subgraphs that read and print numbers with all their digits, each behind a real port, and the gateway over them.
 * `bodies` are what they were sent, `raw` answers in their place where it gives a text.
 */
export async function openExactWorld({ keeps = false } = {}) {
  const bodies: string[] = [];
  const state = { bodies, raw: (_body: string): string | null => null };
  const urls = new Map<string, string>();
  for (const [name, schema] of schemas) urls.set(name, await serve(schema, { state, isKept: keeps }));
  const entities = keeps ? await openEntities() : undefined;
  const ports = { clock: systemClock, logger: silentLogger };
  const gateway = createGateway({
    source: { sdl: supergraphSdl },
    createTransport: ({ name }) =>
      createHttpTransport({ ...ports, name, url: urls.get(name) ?? '', identitySecret: null, callersBy: 'headers' }),
    logger: silentLogger,
    entities,
  });
  const served = await serveGateway({
    gateway,
    host: '127.0.0.1',
    port: 0,
    verifyToken: () => Promise.reject(new Error('nobody has a token')),
    isDevelopment: true,
    corsOrigins: [],
    operationsDir: null,
    routes: [],
    checkReady: async () => undefined,
    logger: silentLogger,
  });
  onTestFinished(() => served.close());
  const url = `${served.url}/graphql`;
  return {
    state,
    url,
    gateway,
    /** What is kept; nothing is when absent. */
    entities,
    /** The answer as text; `variables` are text too. */
    async ask(query: string, variables = '{}', headers: Record<string, string> = {}): Promise<string> {
      const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`;
      const all = { 'content-type': 'application/json', ...headers };
      return (await fetch(url, { method: 'POST', headers: all, body })).text();
    },
  };
}

async function openEntities() {
  const hot = createMemoryHotStore({ clock: systemClock });
  return createEntityCache({ hot, clock: systemClock, random: createSeededRandom('exact'), logger: silentLogger });
}

function compose(): string {
  const services = Object.entries({ ledger: LEDGER, owners: OWNERS }).map(([name, typeDefs]) => ({
    name,
    url: `http://${name}.invalid/graphql`,
    typeDefs: parse(`${LINK} ${typeDefs}`),
  }));
  const { errors, supergraphSdl: composed = '' } = composeServices(services);
  if (errors) throw new Error(errors.join('\n'));
  return composed;
}

type Serving = {
  readonly state: { readonly bodies: string[]; readonly raw: (body: string) => string | null };
  readonly isKept: boolean;
};

async function serve(schema: GraphQLSchema, { state, isKept }: Serving): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    state.bodies.push(body);
    const { query, variables } = parseExact(body) as { query: string; variables?: ExecutionArgs['variableValues'] };
    const result = await execute({ schema, document: parse(query), variableValues: variables, contextValue: {} });
    response.setHeader('content-type', 'application/json');
    if (isKept) response.setHeader('cache-control', 'public, max-age=60');
    response.end(state.raw(body) ?? printExact(result));
  };
  const server = createServer((request, response) => void answer(request, response));
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
  sockets.on('connection', (socket) => socket.on('message', (data) => reply(socket, String(data), state)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

/** Two events for whoever subscribes, and the end. */
function reply(socket: WebSocket, said: string, { bodies }: Serving['state']): void {
  const { type, id } = JSON.parse(said) as { type: string; id?: string };
  if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
  if (type !== 'subscribe') return;
  bodies.push(said);
  for (const no of [ONE, OTHER]) {
    const data = `{"changed":{"__typename":"Account","no":${no},"balance":${BALANCE}}}`;
    socket.send(`{"id":"${id}","type":"next","payload":{"data":${data}}}`);
  }
  socket.send(`{"id":"${id}","type":"complete"}`);
}

/** Everything that the gateway says to one operation over a WebSocket, up to its end; `payload` is text. */
export async function askOverSocket(url: string, payload: string): Promise<string[]> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const said: string[] = [];
  const ended = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const message = String(data);
      if (message.includes('"connection_ack"')) socket.send(`{"id":"1","type":"subscribe","payload":${payload}}`);
      else if (/"type":"(complete|error)"/.test(message)) resolve();
      if (!/"type":"(connection_ack|ping|complete)"/.test(message)) said.push(message);
    });
  });
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await ended;
  return said;
}

/** The code with which the gateway closes a socket that asks so. */
export async function closeCodeOf(url: string, payload: string): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  socket.send(`{"id":"1","type":"subscribe","payload":${payload}}`);
  const [code] = await once(socket, 'close');
  return code as number;
}
