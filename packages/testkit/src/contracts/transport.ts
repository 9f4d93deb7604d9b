import { DomainError } from '@playgraph/kernel/errors';
import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import type { RequestInfo, Subgraph } from '@playgraph/server/subgraph';
import {
  createTransportRequest,
  type Transport,
  type TransportInfo,
  type TransportRequest,
  type TransportResponse,
} from '@playgraph/server/transport';
import { recordStoreQuery } from '@playgraph/sharding/query-meter';
import { getOperationAST, OperationTypeNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { createGate } from '../gate.ts';
import { closedAfterEach } from './worlds.ts';

/** A transport to `subgraph`, opened by the implementation under test. */
export type TransportWorld = { readonly transport: Transport; close(): Promise<void> };

/** The promises of the `Transport` port, for the implementation that `create` opens to a subgraph. */
export function describeTransport(name: string, create: (subgraph: Subgraph) => Promise<TransportWorld>): void {
  const openWorld = closedAfterEach(create);
  const open = async () => {
    const probe = createProbe();
    const { transport } = await openWorld(probe.subgraph);
    return { ...probe, transport };
  };

  test(`${name}: data and variables arrive as they were sent`, async () => {
    const { transport } = await open();
    const request = toRequest('query Q($word: String!) { echo(word: $word) }', { word: 'grün' });
    expect((await transport.execute(request, toInfo())).read()).toEqual({ data: { echo: 'grün' } });
  });

  test(`${name}: the subgraph learns who is asking, and that nobody is`, async () => {
    const { transport } = await open();
    const identity = { userId: 'user_1', sessionId: 'session_1', scopes: ['a', 'b'] };
    const known = (await transport.execute(toRequest('{ caller correlationId }'), toInfo({ identity }))).read();
    expect(known.data).toEqual({ caller: JSON.stringify(identity), correlationId: 'contract' });
    expect((await transport.execute(toRequest('{ caller }'), toInfo())).read().data).toEqual({ caller: 'null' });
  });

  test(`${name}: errors come with code, details and path, beside the data that there is`, async () => {
    const { transport } = await open();
    const response = (await transport.execute(toRequest('{ refused echo(word: "a") crashed }'), toInfo())).read();
    expect(response.data).toEqual({ refused: null, echo: 'a', crashed: null });
    expect(response.errors?.map(({ path, extensions }) => [path, extensions])).toEqual([
      [['refused'], { code: 'CONFLICT', fact: 7 }],
      [['crashed'], { code: 'INTERNAL_SERVER_ERROR', correlationId: 'contract' }],
    ]);
    expect(JSON.stringify(response)).not.toContain('stack');
  });

  test(`${name}: store queries are counted when that is asked for, and only then`, async () => {
    const { transport } = await open();
    const metered = (await transport.execute(toRequest('{ costly }'), toInfo({ isMetered: true }))).read();
    expect(metered.extensions).toEqual({ storeQueries: 3 });
    expect((await transport.execute(toRequest('{ costly }'), toInfo())).read().extensions).toBeUndefined();
  });

  test(`${name}: an abort rejects and stops the work at the subgraph`, async () => {
    const { transport, asked, stopped } = await open();
    const leaving = new AbortController();
    const answer = transport.execute(toRequest('{ hangs }'), toInfo({ signal: leaving.signal }));
    const outcome = expect(answer).rejects.toThrow();
    await asked;
    leaving.abort();
    await Promise.all([outcome, stopped]);
  });

  test(`${name}: an abort rejects with its reason, also when the subgraph does not listen to it`, async () => {
    const { transport, asked } = await open();
    const leaving = new AbortController();
    const answer = transport.execute(toRequest('{ deaf }'), toInfo({ signal: leaving.signal }));
    const outcome = expect(answer).rejects.toThrow('the client left');
    await asked;
    leaving.abort(new Error('the client left'));
    await outcome;
  });

  test(`${name}: who has left before asking gets its reason, and nothing runs`, async () => {
    const { transport, stored } = await open();
    const signal = AbortSignal.abort(new Error('the client left'));
    const answer = transport.execute(toRequest('mutation { store(value: 1) }'), toInfo({ signal }));
    await expect(answer).rejects.toThrow('the client left');
    expect((await transport.execute(toRequest('{ echo(word: "a") }'), toInfo())).read().data).toEqual({ echo: 'a' });
    expect(stored).toEqual([]);
  });

  test(`${name}: requests of one moment keep callers, answers and errors apart`, async () => {
    const { transport } = await open();
    const people = ['user_1', 'user_2', null, 'user_3'];
    const asking = people.map((userId) => {
      const identity = userId === null ? null : { userId, sessionId: 'session', scopes: [] };
      return transport.execute(toRequest('{ caller }'), toInfo({ identity }));
    });
    const refused = transport.execute(toRequest('{ refused }'), toInfo());
    const invalid = transport.execute(toRequest('{ nothing }'), toInfo());
    const answers = (await Promise.all(asking)).map((answer) => JSON.parse(String(answer.read().data?.caller)));
    expect(answers.map((caller) => caller?.userId ?? null)).toEqual(people);
    expect((await refused).read().errors?.[0]?.extensions).toEqual({ code: 'CONFLICT', fact: 7 });
    expect((await invalid).read().errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  test(`${name}: one request of a moment that is aborted leaves the others alone`, async () => {
    const { transport, asked } = await open();
    const leaving = new AbortController();
    const left = expect(transport.execute(toRequest('{ deaf }'), toInfo({ signal: leaving.signal }))).rejects.toThrow();
    const others = ['a', 'b'].map((word) => transport.execute(toRequest(`{ slow(word: "${word}") }`), toInfo()));
    await asked;
    leaving.abort();
    await left;
    await transport.execute(toRequest('{ release }'), toInfo());
    const answers = (await Promise.all(others)).map((answer) => answer.read());
    expect(answers).toEqual([{ data: { slow: 'a' } }, { data: { slow: 'b' } }]);
  });

  test(`${name}: each mutation of one moment runs once`, async () => {
    const { transport, stored } = await open();
    const store = (value: number) => transport.execute(toRequest(`mutation { store(value: ${value}) }`), toInfo());
    const answers = await Promise.all([1, 2, 3].map(store));
    expect(answers.map((answer) => answer.read())).toEqual([1, 2, 3].map((store) => ({ data: { store } })));
    expect(stored.toSorted()).toEqual([1, 2, 3]);
  });

  test(`${name}: equal answers have equal bytes, however many are asked for at once`, async () => {
    const { transport } = await open();
    const ask = () => transport.execute(toRequest('{ echo(word: "grün") refused }'), toInfo());
    const [alone, ...together] = [await ask(), ...(await Promise.all([ask(), ask()]))];
    for (const answer of together) {
      expect(answer.bytes).toEqual(alone?.bytes);
      expect(answer.read()).toEqual(alone?.read());
      expect(answer.cacheControl).toBe(alone?.cacheControl);
    }
  });

  test(`${name}: an answer is the same object each time it is read`, async () => {
    const { transport } = await open();
    const answer = await transport.execute(toRequest('{ echo(word: "a") }'), toInfo());
    expect(answer.read()).toBe(answer.read());
  });

  test(`${name}: a stream gives every event in order and ends when the subgraph does`, async () => {
    const { transport } = await open();
    const events: TransportResponse[] = [];
    for await (const event of transport.subscribe(toRequest('subscription { counted(to: 3) }'), toInfo()))
      events.push(event);
    expect(events).toEqual([{ data: { counted: 1 } }, { data: { counted: 2 } }, { data: { counted: 3 } }]);
  });

  test(`${name}: leaving a stream stops it at the subgraph`, async () => {
    const { transport, stopped } = await open();
    for await (const { data } of transport.subscribe(toRequest('subscription { counted(to: 1000000) }'), toInfo())) {
      if (data?.counted === 2) break;
    }
    await stopped;
  });

  test(`${name}: an abort ends a stream that waits for its next event`, async () => {
    const { transport, stopped } = await open();
    const leaving = new AbortController();
    const events = transport.subscribe(toRequest('subscription { waits }'), toInfo({ signal: leaving.signal }));
    expect(await events.next()).toEqual({ done: false, value: { data: { waits: 0 } } });
    const next = events.next();
    leaving.abort();
    expect((await next).done).toBe(true);
    await stopped;
  });

  test(`${name}: a stream that cannot start gives its error and ends`, async () => {
    const { transport } = await open();
    const events: TransportResponse[] = [];
    for await (const event of transport.subscribe(toRequest('subscription { refused }'), toInfo())) events.push(event);
    expect(events.flatMap(({ errors }) => errors ?? []).map(({ extensions }) => extensions)).toEqual([
      { code: 'CONFLICT', fact: 7 },
    ]);
  });
}

/** A request of the contract suite. */
function toRequest(query: string, variables = {}): TransportRequest {
  const operationType = getOperationAST(parse(query))?.operation ?? OperationTypeNode.QUERY;
  return createTransportRequest({ query, operationName: undefined, operationType, variables });
}

function toInfo(given: Partial<TransportInfo> = {}): TransportInfo {
  const signal = new AbortController().signal;
  return { identity: null, correlationId: 'contract', signal, isMetered: false, headers: {}, ...given };
}

const typeDefs = `
  type Query {
    echo(word: String!): String
    caller: String
    correlationId: String
    refused: Int
    crashed: Int
    costly: Int
    hangs: Int
    deaf: Int
    slow(word: String!): String
    release: Int
  }
  type Mutation { store(value: Int!): Int! }
  type Subscription { counted(to: Int!): Int! waits: Int! refused: Int }
`;

function refuse(): never {
  throw new DomainError('CONFLICT', 'Not like this.', { fact: 7 });
}

/**
 * A subgraph whose doings can be waited for: `asked` when it hangs, `stopped` when it was told to stop. `slow` answers
 * when it was told to `release`; `stored` is what its mutation wrote.
 */
function createProbe() {
  const stored: number[] = [];
  const released = createGate();
  const asked = createGate();
  const stopped = createGate();
  const untilAborted = (signal: AbortSignal) =>
    new Promise<null>((resolve) => {
      asked.open();
      signal.addEventListener('abort', () => resolve(null), { once: true });
    });
  const resolvers = {
    Query: {
      echo: (_: unknown, { word }: { word: string }) => word,
      caller: (_: unknown, __: unknown, { identity }: RequestInfo) => JSON.stringify(identity),
      correlationId: (_: unknown, __: unknown, info: RequestInfo) => info.correlationId,
      refused: refuse,
      crashed: () => {
        throw new Error('a secret');
      },
      costly: () => {
        for (let i = 0; i < 3; i++) recordStoreQuery();
        return 1;
      },
      hangs: async (_: unknown, __: unknown, { signal }: RequestInfo) => {
        await untilAborted(signal);
        stopped.open();
        return null;
      },
      deaf: () => {
        asked.open();
        return released.opened;
      },
      slow: async (_: unknown, { word }: { word: string }) => {
        await released.opened;
        return word;
      },
      release: () => released.open(),
    },
    Mutation: {
      store: (_: unknown, { value }: { value: number }) => {
        stored.push(value);
        return value;
      },
    },
    Subscription: {
      counted: {
        async *subscribe(_: unknown, { to }: { to: number }) {
          try {
            for (let counted = 1; counted <= to; counted++) yield { counted };
          } finally {
            stopped.open();
          }
        },
      },
      waits: {
        async *subscribe(_: unknown, __: unknown, { signal }: RequestInfo) {
          yield { waits: 0 };
          await untilAborted(signal);
          stopped.open();
        },
      },
      refused: { subscribe: refuse },
    },
  };
  const subgraph: Subgraph = {
    name: 'probe',
    schema: buildSchema({ typeDefs, resolvers }),
    logger: silentLogger,
    createContext: (info: RequestInfo) => info,
    routes: [],
    checkReady: async () => undefined,
    close: async () => undefined,
  };
  return { subgraph, stored, asked: asked.opened, stopped: stopped.opened };
}
