import { EventEmitter, on, once } from 'node:events';
import { silentLogger } from '@playgraph/kernel/logger';
import type { Transport } from '@playgraph/server/transport';
import type { ClientInfo } from '../../src/client-request.ts';
import type { ExecutableGraph } from '../../src/graph.ts';
import { createAudienceRule } from '../../src/subscriptions/audience.ts';
import type { StreamAnswer } from '../../src/subscriptions/stream-answer.ts';
import type { StreamObserver } from '../../src/subscriptions/stream-observer.ts';
import { type PlanInput, planSubscription } from '../../src/subscriptions/subscription-plan.ts';
import { createSubscriptions, type SubscriptionsDeps } from '../../src/subscriptions/subscriptions.ts';
import { createInfo, createTestGraph, type SubgraphParts } from '../test-graph.ts';

type Context = { signal: AbortSignal; identity: { userId: string } | null; correlationId: string };

export const BIG_CHARS = 2_000_000;

/** A stream that the test drives: `say` makes an event, `open` counts those who listen at the subgraph. */
export function createLiveParts() {
  const said = new EventEmitter().setMaxListeners(0);
  const state = { open: 0, opened: 0, pulled: 0 };
  async function* listen(room: string, signal: AbortSignal) {
    state.open += 1;
    state.opened += 1;
    const events = on(said, room, { signal });
    said.emit('listening');
    try {
      for await (const [text] of events) yield { said: { text, by: { id: 'u1' } } };
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      state.open -= 1;
      said.emit('left');
    }
  }
  async function* count() {
    for (;;) yield { counted: ++state.pulled };
  }
  const live: SubgraphParts = {
    typeDefs: `
      type Query { ok: Boolean! slow: Boolean! caller: String big: String! }
      type Mutation { add(number: Int!): Int! }
      type Subscription { said(room: ID!): Message! counted: Int! refused: Int whoListens: String }
      type Message { text: String! by: User! readBy: String secret: String @authenticated }
      type User @key(fields: "id", resolvable: false) { id: ID! }
    `,
    resolvers: {
      Query: {
        ok: () => true,
        big: () => 'x'.repeat(BIG_CHARS),
        slow: async (_: unknown, __: unknown, { signal }: Context) => {
          said.emit('asked');
          await once(said, 'answer', { signal });
          return true;
        },
        caller: (_: unknown, __: unknown, { identity, correlationId }: Context) =>
          `${identity?.userId ?? 'nobody'} ${correlationId}`,
      },
      Message: {
        readBy: (_: unknown, __: unknown, { identity }: Context) => identity?.userId ?? 'nobody',
        secret: () => 'for who is signed in',
      },
      Mutation: { add: (_: unknown, { number }: { number: number }) => number + 1 },
      Subscription: {
        said: { subscribe: (_: unknown, { room }: { room: string }, { signal }: Context) => listen(room, signal) },
        counted: { subscribe: count },
        refused: {
          subscribe: () => {
            throw new Error('a secret');
          },
        },
        whoListens: {
          async *subscribe(_: unknown, __: unknown, { identity, signal }: Context) {
            yield { whoListens: identity?.userId ?? null };
            await once(signal, 'abort');
          },
        },
      },
    },
  };
  const users: SubgraphParts = {
    typeDefs: 'type Query { me: User } type User @key(fields: "id") { id: ID! name: String! seenBy: String! }',
    resolvers: {
      User: {
        __resolveReference: ({ id }: { id: string }) => ({ id, name: `name of ${id}` }),
        seenBy: (_: unknown, __: unknown, { identity }: Context) => {
          if (identity?.userId === 'eve') throw new Error('not for eve');
          return identity?.userId ?? 'nobody';
        },
      },
    },
  };
  return {
    state,
    live,
    users,
    said,
    say: (room: string, text: string) => void said.emit(room, text),
    /** Resolves when `count` streams are open at the subgraph. */
    async untilOpen(count: number) {
      while (state.open !== count) await Promise.race([once(said, 'listening'), once(said, 'left')]);
    },
  };
}

/** `subscribe` takes the place of the owning subgraph's stream, `callFor` of the way to the others. */
export type LiveOptions = Partial<SubscriptionsDeps> & {
  readonly subscribe?: Transport['subscribe'];
  readonly callFor?: PlanInput['callFor'];
  readonly publicFields?: readonly string[];
};

/** A gateway's subscriptions over the live graph; `change` puts another graph in force. */
export function createLiveGraph({ subscribe: source, callFor: caller, publicFields = [], ...deps }: LiveOptions = {}) {
  const parts = createLiveParts();
  const { graph, seen } = createTestGraph({ live: parts.live, users: parts.users });
  let current: ExecutableGraph = graph;
  const callFor: PlanInput['callFor'] = (client) => async (subgraph, request) => {
    const transport = current.transports.get(subgraph);
    if (!transport) throw new TypeError(`no transport to ${subgraph}`);
    return transport.execute(request, client);
  };
  const audienceOf = createAudienceRule(publicFields);
  const replaced = new Map<Transport, Transport>();
  const subscriptions = createSubscriptions({
    plan: (request) => {
      const plan = planSubscription(current, { ...request, callFor: caller ?? callFor, audienceOf });
      if ('refused' in plan || !source) return plan;
      const own = plan.primary.transport;
      const transport = replaced.get(own) ?? { ...own, subscribe: source };
      replaced.set(own, transport);
      return { ...plan, primary: { ...plan.primary, transport } };
    },
    prepareAgain: ({ text, name }) => current.catalogue.prepare(text, name ?? undefined),
    logger: silentLogger,
    ...deps,
  });
  const subscribe = (query: string, given: Partial<ClientInfo> & { variables?: object } = {}) => {
    const operation = current.catalogue.prepare(query, undefined);
    if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
    const { variables = {}, ...client } = given;
    const info = { ...createInfo(), ...client };
    return subscriptions.subscribe({ operation, variables: { ...variables }, client: info });
  };
  return {
    ...parts,
    seen,
    subscriptions,
    subscribe,
    graph: () => current,
    callFor,
    change(next: Readonly<Record<string, SubgraphParts>>) {
      current = createTestGraph(next).graph;
      subscriptions.graphChanged();
    },
  };
}

/** The next answer as a client would read it; null at the end. */
export async function read(
  stream: AsyncGenerator<StreamAnswer, void, void>,
): Promise<{ data?: Record<string, unknown> | null; errors?: { extensions: Record<string, unknown> }[] } | null> {
  const { done, value } = await stream.next();
  return done ? null : JSON.parse(value.body.toString());
}

/** Counts what an observer is told. */
export function createCountingObserver() {
  const counts: Record<string, number> = {};
  const count = (name: string) => () => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const observer: StreamObserver = {
    onSocketOpened: count('socketsOpened'),
    onSocketClosed: count('socketsClosed'),
    onStreamOpened: count('streamsOpened'),
    onStreamClosed: count('streamsClosed'),
    onUpstreamOpened: count('upstreamsOpened'),
    onUpstreamClosed: count('upstreamsClosed'),
    onEventIn: count('eventsIn'),
    onEventOut: count('eventsOut'),
    onSlowReader: count('slowReaders'),
  };
  return { observer, counts };
}
