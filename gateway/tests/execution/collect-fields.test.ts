import fc from 'fast-check';
import {
  buildSchema,
  type DocumentNode,
  executeSync,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { expect, test } from 'vitest';
import { collectFields, type SelectionContext } from '../../src/execution/writer/collect-fields.ts';

const schema = buildSchema(`
  type Query { box: Box pet: Pet }
  interface Pet { name: String age: Int friend: Pet }
  interface Loud implements Pet { name: String age: Int friend: Pet volume: Int }
  union Thing = Box | Dog
  type Box { a: Int b: Int inner: Box pet: Pet thing: Thing }
  type Dog implements Pet & Loud { name: String age: Int friend: Pet volume: Int }
  type Cat implements Pet { name: String age: Int friend: Pet }
`);

const DOG = { __typename: 'Dog', name: 'Rex', age: 3, volume: 9, friend: () => CAT };
const CAT: object = { __typename: 'Cat', name: 'Tom', age: 5, friend: () => DOG };
const BOX: object = { a: 1, b: 2, inner: () => BOX, pet: () => DOG, thing: () => ({ ...BOX, __typename: 'Box' }) };
const ROOT = { box: BOX, pet: CAT };
/** Response key -> type of the object there, for the walk over our own fields. */
const TYPE_OF: Readonly<Record<string, readonly [string, string]>> = {
  'Query.box': ['Box', 'Box'],
  'Query.pet': ['Pet', 'Cat'],
  'Box.inner': ['Box', 'Box'],
  'Box.pet': ['Pet', 'Dog'],
  'Box.thing': ['Thing', 'Box'],
  'Dog.friend': ['Pet', 'Cat'],
  'Cat.friend': ['Pet', 'Dog'],
};

/** The shape of an answer: response keys in order, `null` for leaves. */
type Shape = readonly (readonly [string, Shape | null])[];

function shapeOf(value: unknown): Shape | null {
  if (typeof value !== 'object' || value === null) return null;
  return Object.entries(value).map(([key, below]) => [key, shapeOf(below)] as const);
}

function shapeByCollecting(
  context: SelectionContext,
  typename: string,
  selectionSets: readonly SelectionSetNode[],
): Shape {
  const type = schema.getType(typename) as GraphQLObjectType;
  return [...collectFields(context, type, selectionSets)].map(([key, nodes]) => {
    const below = nodes.flatMap((node: FieldNode) => (node.selectionSet ? [node.selectionSet] : []));
    const [, object] = TYPE_OF[`${typename}.${nodes[0]?.name.value}`] ?? [];
    return [key, object === undefined ? null : shapeByCollecting(context, object, below)] as const;
  });
}

const condition = fc.constantFrom(
  '',
  '',
  '',
  '@skip(if: $x)',
  '@include(if: $y)',
  '@include(if: true)',
  '@skip(if: true)',
  '@include(if: $x) @skip(if: $y)',
);
const BOX_LEAVES = ['a', 'b', 'x: a', 'y: b', '__typename', 't: __typename'];
const PET_LEAVES = ['name', 'age', 'n: name', '__typename', 't: __typename'];

/** Selections on `Box` or `Pet` (at most `depth` deep), fragments of all kinds among them. */
function selections(on: 'Box' | 'Pet', depth: number): fc.Arbitrary<string> {
  const leaf = fc.tuple(fc.constantFrom(...(on === 'Box' ? BOX_LEAVES : PET_LEAVES)), condition);
  const leaves = leaf.map(([field, directive]) => `${field} ${directive}`);
  if (depth === 0) return fc.array(leaves, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' '));
  const below = (type: 'Box' | 'Pet') => selections(type, depth - 1);
  const inline = (type: 'Box' | 'Pet', conditions: readonly string[]) =>
    fc
      .tuple(fc.constantFrom(...conditions), condition, below(type))
      .map(([on, directive, inner]) => `... ${on} ${directive} { ${inner} }`);
  const spread = (names: readonly string[]) =>
    fc.tuple(fc.constantFrom(...names), condition).map(([name, directive]) => `...${name} ${directive}`);
  const part =
    on === 'Box'
      ? fc.oneof(
          leaves,
          inline('Box', ['', 'on Box']),
          spread(['BoxA', 'BoxB']),
          fc.tuple(condition, below('Box')).map(([directive, inner]) => `inner ${directive} { ${inner} }`),
          fc.tuple(condition, below('Pet')).map(([directive, inner]) => `pet ${directive} { ${inner} }`),
          fc
            .tuple(condition, below('Box'))
            .map(([directive, inner]) => `thing ${directive} { ... on Box { ${inner} } }`),
        )
      : fc.oneof(
          leaves,
          inline('Pet', ['', 'on Pet', 'on Dog', 'on Cat', 'on Loud']),
          spread(['PetA', 'DogA', 'CatA']),
          fc.tuple(condition, below('Pet')).map(([directive, inner]) => `friend ${directive} { ${inner} }`),
        );
  return fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
}

const FRAGMENTS = `
  fragment BoxA on Box { b inner { b a } ...BoxB }
  fragment BoxB on Box { x: a pet @skip(if: $x) { age ...PetA } }
  fragment PetA on Pet { name ...DogA ...CatA @include(if: $y) }
  fragment DogA on Dog { age n: name }
  fragment CatA on Cat { t: __typename friend { name } }`;

test('fields are collected in the order of graphql-js, whatever fragments and conditions do', () => {
  const operation = fc
    .tuple(selections('Box', 3), selections('Pet', 2), condition)
    .map(
      ([box, pet, directive]) =>
        `query ($x: Boolean!, $y: Boolean!) { pet ${directive} { ${pet} } box { ${box} } box { inner { a } } }${FRAGMENTS}`,
    );
  fc.assert(
    fc.property(operation, fc.boolean(), fc.boolean(), (source, x, y) => {
      const document = parse(source);
      const expected = executeSync({ schema, document, rootValue: ROOT, variableValues: { x, y } });
      expect(expected.errors).toBeUndefined();
      expect(shapeOfOperation(document, { x, y })).toEqual(shapeOf(expected.data));
    }),
    { numRuns: 300 },
  );
});

test('what is deferred is left out only while the rest is printed, and only if its condition holds', () => {
  const source =
    'query ($x: Boolean!) { box { a ... @defer { b } ... @defer(if: $x) { x: a } ... @defer(if: false) { y: b } } }';
  const keysOf = (leavesDeferred: boolean, x: boolean) => {
    const [[, box] = ['', null]] = shapeOfOperation(parse(source), { x }, leavesDeferred);
    return box?.map(([key]) => key);
  };
  expect(keysOf(false, true)).toEqual(['a', 'b', 'x', 'y']);
  expect(keysOf(true, true)).toEqual(['a', 'y']);
  expect(keysOf(true, false)).toEqual(['a', 'x', 'y']);
});

function shapeOfOperation({ definitions }: DocumentNode, conditions: object, leavesDeferred = false): Shape {
  const operation = definitions.find(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  const fragments = definitions.filter(
    (node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION,
  );
  const context = {
    schema,
    fragments: new Map(fragments.map((fragment) => [fragment.name.value, fragment])),
    conditions: { ...conditions },
    leavesDeferred,
  };
  return shapeByCollecting(context, 'Query', operation ? [operation.selectionSet] : []);
}
