import { readFileSync } from 'node:fs';
import { findUndescribed } from '@playgraph/testkit/schema-rules';
import { buildSchema, type GraphQLField, isInterfaceType, isObjectType, isUnionType } from 'graphql';
import { expect, test } from 'vitest';
import { SUBGRAPH_NAMES } from '../src/config.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const supergraph = buildSchema(read('gateway/supergraph.graphql'), { assumeValidSDL: true });
const ours = Object.values(supergraph.getTypeMap()).filter(({ name }) => !/^(__|join__|link__|core__)/.test(name));

/** Every field of every type of the store, as `Type.field`. */
function fieldsOf(): [name: string, field: GraphQLField<unknown, unknown>][] {
  return ours.flatMap((type) =>
    isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).map((field): [string, GraphQLField<unknown, unknown>] => [
          `${type.name}.${field.name}`,
          field,
        ])
      : [],
  );
}

test.each(SUBGRAPH_NAMES)('the schema of %s describes everything that a client can see', (name) => {
  expect(findUndescribed(read(`subgraphs/${name}/schema.graphql`))).toEqual([]);
});

test('every mutation takes one input and answers with a union whose refusals are Refusals', () => {
  const refusal = supergraph.getType('Refusal');
  expect(Object.keys(supergraph.getMutationType()?.getFields() ?? {})).toContain('placeOrder');
  for (const field of Object.values(supergraph.getMutationType()?.getFields() ?? {})) {
    expect(
      field.args.map(({ name }) => name),
      field.name,
    ).toEqual(['input']);
    const result = supergraph.getType(String(field.type).replace('!', ''));
    if (!isUnionType(result)) throw new Error(`${field.name} does not answer with a union`);
    const refusals = result.getTypes().filter((type) => type.getFields().code);
    for (const type of refusals) expect(type.getInterfaces(), type.name).toContain(refusal);
  }
});

test('names are camelCase fields, PascalCase types and SCREAMING_SNAKE values', () => {
  const odd = fieldsOf().filter(([, { name }]) => !/^[a-z][A-Za-z0-9]*$/.test(name) && !name.startsWith('_'));
  expect(odd.map(([name]) => name)).toEqual([]);
  expect(
    ours.map(({ name }) => name).filter((name) => !/^[A-Z][A-Za-z0-9]*$/.test(name) && !name.startsWith('_')),
  ).toEqual([]);
});

test('times end in At and money is Money', () => {
  expect(fieldsOf().map(([name]) => name)).toContain('Order.placedAt');
  const times = fieldsOf().filter(([, { type }]) => /^DateTime!?$/.test(String(type)));
  expect(times.map(([name]) => name).filter((name) => !/(\.at|At|\.since)$/.test(name))).toEqual([]);
  const minor = fieldsOf().filter(([, { type }]) => /^MinorUnits!?$/.test(String(type)));
  expect(minor.map(([name]) => name)).toEqual(['Money.amountMinor']);
});
