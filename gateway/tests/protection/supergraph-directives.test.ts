import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { findApplied } from '../../src/protection/supergraph-directives.ts';

const at = (spec: string, directive: string, sdl: string) =>
  findApplied(parse(sdl), spec, directive).map(({ coordinate }) => coordinate);

const cost = (link: string, body: string) =>
  `schema @link(url: "https://specs.apollo.dev/cost/v0.1"${link}) { query: Q } ${body}`;

test('the main directive of a specification has its name, another one has it as a prefix', () => {
  const sdl = cost('', 'type Q { a: Int @cost(weight: 1) b: Int @cost__listSize c: Int @listSize }');
  expect(at('cost', 'cost', sdl)).toEqual(['Q.a']);
  expect(at('cost', 'listSize', sdl)).toEqual(['Q.b']);
});

test('a namespace of its own renames both', () => {
  const sdl = cost(', as: "c"', 'type Q { a: Int @c b: Int @c__listSize z: Int @cost y: Int @cost__listSize }');
  expect(at('cost', 'cost', sdl)).toEqual(['Q.a']);
  expect(at('cost', 'listSize', sdl)).toEqual(['Q.b']);
});

test('an import gives a name, an aliased import another one', () => {
  const imports = ', as: "c", import: ["@listSize", { name: "@cost", as: "@price" }]';
  const sdl = cost(imports, 'type Q { a: Int @price b: Int @listSize z: Int @c y: Int @cost }');
  expect(at('cost', 'cost', sdl)).toEqual(['Q.a']);
  expect(at('cost', 'listSize', sdl)).toEqual(['Q.b']);
});

test('links in extensions of the schema, older ones and those of federation itself count', () => {
  const body = 'type Q { a: Int @authenticated b: Int @federation__authenticated }';
  expect(
    at(
      'authenticated',
      'authenticated',
      `schema { query: Q } extend schema @link(url: "https://x.test/authenticated/v0.1/") ${body}`,
    ),
  ).toEqual(['Q.a']);
  expect(
    at(
      'authenticated',
      'authenticated',
      `schema @core(feature: "https://x.test/authenticated/v0.1") { query: Q } ${body}`,
    ),
  ).toEqual(['Q.a']);
  expect(
    at('authenticated', 'authenticated', `schema @link(url: "https://x.test/federation/v2.9") { query: Q } ${body}`),
  ).toEqual(['Q.b']);
});

test('a directive without a link is taken at its own name', () => {
  expect(at('policy', 'policy', 'type Query { a: Int @policy(policies: [["p"]]) }')).toEqual(['Query.a']);
});

test('applications are found on every kind of type, on fields, arguments and input fields', () => {
  const sdl = `
    type O @cost { a(x: Int @cost): Int @cost } extend type O { b: Int @cost }
    interface I @cost { a: Int } scalar S @cost enum E @cost { A } input N { a: Int @cost } union U @cost = O`;
  expect(at('cost', 'cost', sdl).toSorted()).toEqual(['E', 'I', 'N.a', 'O', 'O.a', 'O.a(x:)', 'O.b', 'S', 'U']);
});
