import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { checkIntrospection, findIntrospection, type IntrospectionRule } from '../../src/protection/introspection.ts';

const player = { userId: 'user_1', sessionId: 'session_1', scopes: [] };

function answer(rule: IntrospectionRule, source: string, identity: typeof player | null = null) {
  return checkIntrospection(rule, findIntrospection(parse(source)), identity)?.extensions.code ?? 'OK';
}

const ASKING = [
  '{ __schema { types { name } } }',
  '{ x: __type(name: "T") { name } }',
  '{ a { ...F } } fragment F on T { b { __type(name: "T") { name } } }',
  'fragment Unused on Query { __schema { types { name } } } query A { a }',
  'query A { a } query B { ... { ... on Query { __schema { types { name } } } } }',
];

test('where introspection is denied nobody asks for the schema, wherever the question stands', () => {
  for (const source of ASKING) {
    expect(answer('deny', source)).toBe('INTROSPECTION_DISABLED');
    expect(answer('deny', source, player)).toBe('INTROSPECTION_DISABLED');
  }
});

test('where introspection is for the signed in, strangers are refused and others are not', () => {
  for (const source of ASKING) {
    expect(answer('signed-in', source)).toBe('INTROSPECTION_DISABLED');
    expect(answer('signed-in', source, player)).toBe('OK');
  }
});

test('where introspection is allowed everybody may', () => {
  for (const source of ASKING) expect(answer('allow', source)).toBe('OK');
});

test('the name of a type is always allowed, and so are fields and aliases that look like introspection', () => {
  for (const source of ['{ __typename a { __typename } }', '{ schema: a __schemata type }', '{ __schema: a }']) {
    expect(answer('deny', source)).toBe('OK');
  }
});
