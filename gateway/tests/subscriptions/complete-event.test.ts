import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

const NAMES: Record<string, string> = { u1: 'Ada', u2: 'Grace' };

/** A stream that a test can look into: how far it was read, and when its reader has ended it. */
function createGraph(count: number) {
  const state = { sent: 0, ended: createGate() };
  const live = {
    typeDefs: `
      type Query { ok: Boolean! }
      type Subscription { greeted: Greeting! }
      type Greeting { number: Int! by: User! }
      type User @key(fields: "id", resolvable: false) { id: ID! }
    `,
    resolvers: {
      Subscription: {
        greeted: {
          async *subscribe() {
            try {
              while (state.sent < count)
                yield { greeted: { number: ++state.sent, by: { id: state.sent % 2 ? 'u1' : 'u2' } } };
            } finally {
              state.ended.open();
            }
          },
        },
      },
    },
  };
  const users = {
    typeDefs: 'type Query { me: User } type User @key(fields: "id") { id: ID! name: String! }',
    resolvers: { User: { __resolveReference: ({ id }: { id: string }) => ({ id, name: NAMES[id] }) } },
  };
  return { state, ...createTestGraph({ live, users }) };
}

test('every event carries the fields of other subgraphs, in order', async () => {
  const { subscribe } = createGraph(3);
  const events: unknown[] = [];
  for await (const event of subscribe('subscription { greeted { number by { name } } }')) events.push(event);
  expect(events).toEqual([
    { data: { greeted: { number: 1, by: { name: 'Ada' } } } },
    { data: { greeted: { number: 2, by: { name: 'Grace' } } } },
    { data: { greeted: { number: 3, by: { name: 'Ada' } } } },
  ]);
});

test('a client that leaves ends the stream of the subgraph', async () => {
  const { state, subscribe } = createGraph(1_000_000);
  for await (const event of subscribe('subscription { greeted { number } }')) {
    if ((event.data as { greeted: { number: number } }).greeted.number === 2) break;
  }
  await state.ended.opened;
  expect(state.sent).toBeLessThan(10);
});

test('a subscription that does not fit its variables gives one error and no events', async () => {
  const { state, subscribe } = createGraph(3);
  const events: unknown[] = [];
  for await (const event of subscribe('subscription Q($on: Boolean!) { greeted { number @include(if: $on) } }'))
    events.push(event);
  expect(events).toEqual([{ errors: [expect.objectContaining({ message: expect.stringContaining('$on') })] }]);
  expect(state.sent).toBe(0);
});
