import { expect, test } from 'vitest';
import { type Part, putTogether } from '../execution/put-together.ts';
import { createTestGraph } from '../test-graph.ts';
import { ask, callsOf } from './ask.ts';

/** What one subgraph knows of a machine: by which of its numbers it finds it, and the field that it adds. */
type Share = {
  readonly keys: readonly string[];
  readonly adds: string;
  readonly requires?: { readonly field: string; readonly of: readonly string[] };
};

const LETTERS = 'abcdefgh';

/** A field's value: its name, and in brackets what it was made of. */
const saying = (field: string, row: Record<string, unknown>, of: readonly string[]) =>
  `${field}(${of.map((name) => row[name] ?? '?').join(' ')})`;

function toSubgraph({ keys, adds, requires }: Share, isFirst: boolean) {
  const fields = [
    ...keys.map((key) => `${key}: ID!`),
    `${adds}: String`,
    ...(requires?.of ?? []).map((field) => `${field}: String @external`),
    ...(requires ? [`${requires.field}: String @requires(fields: "${requires.of.join(' ')}")`] : []),
  ];
  return {
    typeDefs: `${isFirst ? 'type Query { machine: Machine }' : ''}
      type Machine ${keys.map((key) => `@key(fields: "${key}")`).join(' ')} { ${fields.join(' ')} }`,
    resolvers: {
      ...(isFirst ? { Query: { machine: () => ({}) } } : {}),
      Machine: {
        ...Object.fromEntries(keys.map((key) => [key, () => `${key}-1`])),
        [adds]: () => adds,
        ...(requires
          ? { [requires.field]: (row: Record<string, unknown>) => saying(requires.field, row, requires.of) }
          : {}),
      },
    },
  };
}

const createMachine = (...parts: readonly Share[]) =>
  createTestGraph(Object.fromEntries(parts.map((part, i) => [LETTERS.charAt(i), toSubgraph(part, i === 0)])));

/** The subgraph that gives `volts` requires by way of others what is made of them. */
const createDetour = () =>
  createMachine(
    { keys: ['plate'], adds: 'colour' },
    { keys: ['serial', 'plate'], adds: 'size', requires: { field: 'load', of: ['volts'] } },
    { keys: ['lot'], adds: 'price' },
    { keys: ['lot', 'serial'], adds: 'weight' },
    { keys: ['lot'], adds: 'volts', requires: { field: 'label', of: ['price', 'load'] } },
  );

test('a subgraph that gives what it will itself require by way of others is asked twice', async () => {
  const graph = createDetour();
  expect(await ask(graph, '{ machine { label } }')).toBe('{"machine":{"label":"label(price load(volts))"}}');
  expect(callsOf(graph).filter((name) => name === 'e')).toHaveLength(2);
  expect(await ask(graph, '{ machine { volts label weight load } }')).toBe(
    '{"machine":{"volts":"volts","label":"label(price load(volts))","weight":"weight","load":"load(volts)"}}',
  );
});

test('what is under a condition is asked for in order, too', async () => {
  const graph = createDetour();
  const label = '"label":"label(price load(volts))"';
  const wanted = [
    ['machine @include(if: $a) { label }', `{"machine":{${label}}}`, '{}'],
    ['machine { ... @include(if: $a) { label } }', `{"machine":{${label}}}`, '{"machine":{}}'],
    [
      'machine { colour label @include(if: $a) }',
      `{"machine":{"colour":"colour",${label}}}`,
      '{"machine":{"colour":"colour"}}',
    ],
    [
      'machine { colour label @include(if: $a) size @skip(if: $a) }',
      `{"machine":{"colour":"colour",${label}}}`,
      '{"machine":{"colour":"colour","size":"size"}}',
    ],
    [
      'machine { volts @include(if: $a) load label @include(if: $a) }',
      `{"machine":{"volts":"volts","load":"load(volts)",${label}}}`,
      '{"machine":{"load":"load(volts)"}}',
    ],
  ] as const;
  for (const [selection, whenTrue, whenFalse] of wanted) {
    const source = `query Q($a: Boolean!) { ${selection} }`;
    expect(await ask(graph, source, { a: true })).toBe(whenTrue);
    expect(await ask(graph, source, { a: false })).toBe(whenFalse);
  }
});

test('what is deferred is asked for in order, too', async () => {
  const graph = createDetour();
  const label = 'label(price load(volts))';
  const wanted = [
    ['{ machine { ... @defer { label } } }', { label }],
    ['{ ... @defer { machine { colour label } } }', { colour: 'colour', label }],
    // What it requires is asked for in the first part, of which the planner says nothing.
    ['{ machine { price load ... @defer { label } } }', { price: 'price', load: 'load(volts)', label }],
    [
      '{ machine { colour ... @defer { size ... @defer { load label } } } }',
      { colour: 'colour', size: 'size', load: 'load(volts)', label },
    ],
    [
      'query Q($a: Boolean! = true) { machine { colour ... @defer(if: $a) { label @include(if: $a) } } }',
      { colour: 'colour', label },
    ],
  ] as const;
  for (const [source, machine] of wanted) {
    const parts: Part[] = [];
    for await (const part of graph.queryInParts(source)) parts.push(part as Part);
    expect(parts.length).toBeGreaterThan(1);
    expect(putTogether(parts)).toEqual({ data: { machine }, errors: [] });
  }
});

test('fetches that wait for each other by way of a third are planned apart, and planning ends', async () => {
  const graph = createMachine(
    { keys: ['lot'], adds: 'f0', requires: { field: 'r0', of: ['f5'] } },
    { keys: ['plate', 'serial'], adds: 'f1', requires: { field: 'r1', of: ['f4'] } },
    { keys: ['serial', 'lot'], adds: 'f2', requires: { field: 'r2', of: ['f0', 'f5'] } },
    { keys: ['plate', 'lot'], adds: 'f3', requires: { field: 'r3', of: ['r2'] } },
    { keys: ['serial'], adds: 'f4' },
    { keys: ['serial', 'plate'], adds: 'f5', requires: { field: 'r5', of: ['r3'] } },
  );
  expect(await ask(graph, '{ machine { r3 r1 r5 } }')).toBe(
    '{"machine":{"r3":"r3(r2(f0 f5))","r1":"r1(f4)","r5":"r5(r3(r2(f0 f5)))"}}',
  );
});
