import type { Identity } from '@playgraph/auth/identity';
import { buildSchema } from '@playgraph/server/build-schema';
import { executeLocal } from '@playgraph/server/execute-local';
import type { Subgraph } from '@playgraph/server/subgraph';
import { expect, test } from 'vitest';
import { createSampleSubgraph, player } from './sample-subgraph.ts';

const { subgraph } = createSampleSubgraph();

function ask(
  query: string,
  options: { identity?: Identity | null; variables?: Record<string, unknown>; of?: Subgraph } = {},
) {
  const { identity = null, variables, of = subgraph } = options;
  return executeLocal(of, { query, variables }, { identity, correlationId: 'c', signal: new AbortController().signal });
}

const link = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`;

test('times come out in UTC and take any offset', async () => {
  const { data } = await ask(
    '{ a: echoTime(at: "2026-11-21T10:00:00+02:00") b: echoTime(at: "2024-02-29T00:00:00.123Z") }',
  );
  expect(data).toEqual({ a: '2026-11-21T08:00:00.000Z', b: '2024-02-29T00:00:00.123Z' });
});

test.each([
  '2026-11-21',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-11-21T10:00:00',
  '1',
  '',
])('what is no instant is refused: %s', async (at) => {
  const query = 'query ($at: DateTime!) { echoTime(at: $at) }';
  const [byVariable, byLiteral] = [await ask(query, { variables: { at } }), await ask(`{ echoTime(at: "${at}") }`)];
  expect(byVariable.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'at' });
  expect(byLiteral.errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
});

test.each([9007199254740991, -9007199254740991, 0])('an amount in range is exact both ways: %d', async (amount) => {
  const query = 'query ($amount: MinorUnits!) { echoAmount(amount: $amount) }';
  expect((await ask(query, { variables: { amount } })).data).toEqual({ echoAmount: amount });
  expect((await ask(`{ echoAmount(amount: ${amount}) }`)).data).toEqual({ echoAmount: amount });
});

test.each([9007199254740992, -9007199254740992, 1.5, '1', true])(
  'an amount out of range or form is refused: %s',
  async (amount) => {
    const query = 'query ($amount: MinorUnits!) { echoAmount(amount: $amount) }';
    const [byVariable, byLiteral] = [
      await ask(query, { variables: { amount } }),
      await ask(`{ echoAmount(amount: ${JSON.stringify(amount)}) }`),
    ];
    expect(byVariable.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
    expect(byLiteral.errors?.[0]?.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED');
  },
);

test('a field for the signed-in refuses nobody and lets a player in', async () => {
  expect((await ask('{ whoAmI }')).errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  expect((await ask('{ whoAmI }', { identity: player })).data).toEqual({ whoAmI: 'user_1' });
});

test('a type for the signed-in is guarded at the field that gives it', async () => {
  const { data, errors } = await ask('{ vault { gold } }');
  expect(data).toEqual({ vault: null });
  expect(errors?.map(({ path }) => path)).toEqual([['vault']]);
  expect((await ask('{ vault { gold } }', { identity: player })).data).toEqual({ vault: { gold: 7 } });
});

test.each([
  [[], false],
  [['store:admin'], false],
  [['store:write'], false],
  [['store:admin', 'store:write'], true],
  [['root'], true],
])('scopes %j on a field that needs (admin and write) or root: allowed %s', async (scopes, isAllowed) => {
  const { data, errors } = await ask('{ admin }', { identity: { ...player, scopes } });
  expect(data).toEqual({ admin: isAllowed ? 'admin' : null });
  expect(errors?.[0]?.extensions?.code).toBe(isAllowed ? undefined : 'FORBIDDEN');
});

test('nobody at a field that needs scopes is UNAUTHENTICATED', async () => {
  expect((await ask('{ admin }')).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
});

test('a rule on an extension of a type or under a prefixed name holds as well', async () => {
  const schema = buildSchema({
    typeDefs: `${link('"@authenticated"')}
      type Query { a: Extended b: Int @federation__requiresScopes(scopes: [["a"]]) }
      type Extended { word: String }
      extend type Extended @authenticated { more: String }`,
    resolvers: { Query: { a: () => ({ word: 'x' }), b: () => 1 } },
  });
  const of = { ...subgraph, schema };
  expect((await ask('{ a { word } }', { of })).data).toEqual({ a: null });
  expect((await ask('{ b }', { of, identity: player })).errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
});

test('@policy, which only a gateway can ask about, does not pass unnoticed', () => {
  const typeDefs = `${link('"@policy"')} type Query { a: Int @policy(policies: [["p"]]) }`;
  expect(() => buildSchema({ typeDefs, resolvers: {} })).toThrow('@policy');
});

test('resolvers for what the schema does not have are refused', () => {
  const typeDefs = `${link('"@key"')} type Query { a: Int }`;
  expect(() => buildSchema({ typeDefs, resolvers: { Query: { b: () => 1 } } })).toThrow('Query.b');
  expect(() => buildSchema({ typeDefs, resolvers: { Qeury: { a: () => 1 } } })).toThrow('Qeury');
});
