import { findUndescribed } from '@playgraph/testkit/schema-rules';
import { expect, test } from 'vitest';

test('a schema that describes everything has no findings', () => {
  const sdl = `
    type Query {
      "The order with that id. Null when it is another player's."
      order("As \`placeOrder\` gave it." id: ID!): Order
    }
    "What a player bought in one go."
    type Order @key(fields: "id") {
      "Opaque, \`order_...\`; never changes."
      id: ID!
      rank: Int! @external
    }
    "How far an order has come."
    enum State { "Nothing was reserved yet." PENDING }
    "An instant in UTC." scalar DateTime
    "What can come of it." union Result = Order
    type User @key(fields: "id", resolvable: false) { id: ID! }
    "A page's entry." type OrderEdge { "The order." node: Order "\`CODE\`." code: State }
    "Narrows the list." input Filter { "Only those placed after it." since: DateTime }
    extend type Query { "What is new today." news: String }`;
  expect(findUndescribed(sdl)).toEqual([]);
});

test('whatever has no description is named, arguments and enum values too', () => {
  const sdl = `
    type Query { order(id: ID!): Order }
    type Order { id: ID! }
    enum State { PENDING }
    scalar DateTime
    union Result = Order
    interface Node { id: ID! }
    input Filter { since: DateTime }`;
  expect(findUndescribed(sdl).map((line) => line.replace(': no description', ''))).toEqual([
    'Query.order',
    'Query.order.id',
    'Order',
    'Order.id',
    'State',
    'State.PENDING',
    'DateTime',
    'Result',
    'Node',
    'Node.id',
    'Filter',
    'Filter.since',
  ]);
});

test.each([
  ['Order.id', 'type Order { "The id of the order." id: ID! }'],
  ['Order.totalPrice', 'type Order { "Total price" totalPrice: Int }'],
  ['Order.lines', 'type Order { "The order\'s lines." lines: Int }'],
  ['Order.ok', 'type Order { "Yes." ok: Int }'],
])('a description that only repeats the name does not count: %s', (path, type) => {
  expect(findUndescribed(`"What a player bought." ${type}`)).toEqual([`${path}: says no more than its name`]);
});
