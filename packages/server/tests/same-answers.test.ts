import type { Identity } from '@playgraph/auth/identity';
import { executeLocal } from '@playgraph/server/execute-local';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { player, post, SQL_LEAK, serveSample } from './sample-subgraph.ts';

type Case = { query: string; variables?: Record<string, unknown>; operationName?: string; identity?: Identity };

const cases: Record<string, Case> = {
  'a plain query': { query: '{ hello }' },
  variables: { query: 'query ($a: Int!) { sum(a: $a, b: 2) }', variables: { a: 1 } },
  aliases: { query: '{ x: hello(name: "x") y: hello(name: "y") __typename }' },
  'one of two operations': { query: 'query A { hello } query B { sum(a: 1, b: 2) }', operationName: 'B' },
  'no operation chosen': { query: 'query A { hello } query B { hello }' },
  'an unknown operation': { query: 'query A { hello }', operationName: 'C' },
  'a syntax error': { query: '{ hello' },
  'no query': { query: '' },
  'an unknown field': { query: '{ helo }' },
  'two validation errors': { query: '{ helo sum }' },
  'a missing variable': { query: 'query ($a: Int!) { sum(a: $a, b: 2) }' },
  'a null for a non-null argument': { query: 'query ($n: String) { hello(name: $n) }', variables: { n: null } },
  'a variable of a wrong type': { query: 'query ($a: Int!) { sum(a: $a, b: 2) }', variables: { a: 'one' } },
  'a wrong value deep in an input': {
    query: 'query ($f: Filter) { search(filter: $f) }',
    variables: { f: { from: '2026-02-30T00:00:00Z', limit: 1 } },
  },
  'a refusal of the domain': { query: '{ refuse hello }' },
  'a crash': { query: '{ crash hello }' },
  'a crash that reaches the root': { query: '{ crashNonNull }' },
  'a scalar that cannot be written': { query: '{ badScalar }' },
  'a field for the signed-in, by nobody': { query: '{ whoAmI }' },
  'a field for the signed-in': { query: '{ whoAmI }', identity: player },
  'a type for the signed-in, by nobody': { query: '{ vault { gold } }' },
  'a field that needs scopes': { query: '{ admin }', identity: player },
  'a mutation': { query: 'mutation { store(value: 1) }' },
  'entities, one of them gone': {
    query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Item { label } } }',
    variables: {
      r: [
        { __typename: 'Item', id: '1' },
        { __typename: 'Item', id: 'none' },
      ],
    },
  },
  'an entity of an unknown type': {
    query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
    variables: { r: [{ __typename: 'Nothing', id: '1' }] },
  },
  introspection: { query: '{ __schema { queryType { name } } _service { sdl } }' },
  'a subscription by POST': { query: 'subscription { ticks(from: 1) }' },
  times: { query: '{ echoTime(at: "2026-11-21T10:00:00.5+02:00") }' },
  amounts: { query: '{ echoAmount(amount: 9007199254740991) }' },
};

test.each(Object.entries(cases))('in process and over HTTP the answer is the same: %s', async (_name, given) => {
  const { subgraph, url } = await serveSample();
  const { identity = null, ...operation } = given;
  const correlationId = 'same-answers';
  const http = await post(url, operation, { identity, headers: { 'playgraph-correlation-id': correlationId } });
  if (operation.query === '') {
    // GraphQL over HTTP has its own words for a request without a query; both refuse it.
    expect(http.json.errors[0].extensions.code).toBe('BAD_REQUEST');
    return;
  }
  const info = { identity, correlationId, signal: new AbortController().signal };
  const local = await executeLocal(subgraph, operation, info);
  expect(JSON.parse(JSON.stringify(local))).toEqual(http.json);
  expect(http.text).not.toContain(SQL_LEAK);
  expect(http.text).not.toMatch(/node_modules|\bat .*\.ts:|stacktrace/);
});

test('a parsed document gives the same answer as its text, the first time and again', async () => {
  const { subgraph, url } = await serveSample();
  const info = { identity: null, correlationId: 'c', signal: new AbortController().signal };
  for (const query of ['{ hello }', '{ helo }']) {
    const document = parse(query);
    const http = await post(url, { query });
    for (let i = 0; i < 2; i++) {
      expect(JSON.parse(JSON.stringify(await executeLocal(subgraph, { query: document }, info)))).toEqual(http.json);
    }
  }
});

test('a context that cannot be made is masked in process and over HTTP alike', async () => {
  const { subgraph, url } = await serveSample({ failContext: true });
  const info = { identity: null, correlationId: 'c1', signal: new AbortController().signal };
  const local = await executeLocal(subgraph, { query: '{ hello }' }, info);
  const http = await post(url, { query: '{ hello }' }, { headers: { 'playgraph-correlation-id': 'c1' } });
  expect(http.json).toEqual(local);
  expect(local).toEqual({
    errors: [
      {
        message: 'Something went wrong on our side.',
        extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'c1' },
      },
    ],
  });
});
