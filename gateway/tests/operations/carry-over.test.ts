import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { carryOver } from '../../src/operations/carry-over.ts';
import { createOperationCatalogue, type PreparedOperation } from '../../src/operations/prepare-operation.ts';
import { describeUsedTypes } from '../../src/operations/used-types.ts';
import { warmUp } from '../../src/operations/warm-up.ts';
import { createGraphVersion } from './graph-version.ts';

const BASE = {
  games:
    'type Query { game: Game, any: Thing } type Game @key(fields: "id") { id: ID! title: String state: State } enum State { OPEN CLOSED } union Thing = Game',
  reviews: 'type Query { newest: Int } type Game @key(fields: "id") { id: ID! stars: Int }',
};

async function reload(texts: readonly string[], changed: Readonly<Record<string, string>>) {
  const [from, to] = [createGraphVersion(BASE), createGraphVersion({ ...BASE, ...changed })];
  texts.forEach(from.use);
  const operations = from.catalogue.mostUsed(100);
  const deps = { from: from.version, to: to.version, signal: new AbortController().signal, logger: silentLogger };
  const { carried, ...counts } = await carryOver(operations, deps);
  return { from, to, counts, carried: carried.map(({ text }) => text) };
}

const DEEP = '{ game { title stars } }';

test('an operation that a reload does not touch goes on in the form that it had', async () => {
  const { from, to, carried, counts } = await reload([DEEP], {
    reviews: 'type Query { newest: Int oldest: Int } type Game @key(fields: "id") { id: ID! stars: Int }',
  });
  expect(carried).toEqual([DEEP]);
  expect(counts).toEqual({ replanned: 0, dropped: 0 });
  expect(to.compiledFormOf(DEEP)).toBe(from.compiledFormOf(DEEP));
  expect(to.compiled).toEqual([]);
});

test('an operation whose plan is another one is compiled anew, those around it are not', async () => {
  const { to, carried, counts } = await reload([DEEP, '{ game { title } }'], {
    games: BASE.games.replace('title: String', 'title: String stars: Int @shareable'),
    reviews: BASE.reviews.replace('stars: Int', 'stars: Int @shareable'),
  });
  expect(carried).toEqual(['{ game { title } }']);
  expect(counts).toEqual({ replanned: 1, dropped: 0 });
  expect(to.compiled).toEqual([DEEP]);
});

test.each([
  ['a field that becomes non-null', '{ game { title } }', 'title: String', 'title: String!'],
  ['an enum with another value', '{ game { state } }', 'OPEN CLOSED', 'OPEN CLOSED GONE'],
  [
    'a union with another member',
    '{ any { __typename } }',
    'union Thing = Game',
    'union Thing = Game | Toy type Toy { x: Int }',
  ],
])('with %s an equal plan is compiled anew', async (_what, text, was, becomes) => {
  const { to, carried } = await reload([text], { games: BASE.games.replace(was, becomes) });
  expect(carried).toEqual([]);
  expect(to.compiled).toEqual([text]);
});

test('an operation under other rules is compiled anew though its plan is equal', async () => {
  const [from, to] = [createGraphVersion(BASE), createGraphVersion(BASE)];
  from.use(DEEP);
  const report = await carryOver(from.catalogue.mostUsed(10), {
    from: { ...from.version, rulesOf: () => '' },
    to: { ...to.version, rulesOf: () => '@authenticated' },
    signal: new AbortController().signal,
    logger: silentLogger,
  });
  expect(report).toMatchObject({ carried: [], replanned: 1 });
  expect(to.compiled).toEqual([DEEP]);
});

test('an operation that the newer graph refuses is dropped', async () => {
  const { counts } = await reload([DEEP, '{ newest }'], {
    reviews: 'type Game @key(fields: "id") { id: ID! stars: Int } type Query { other: Int }',
  });
  expect(counts).toMatchObject({ dropped: 1 });
});

test('an operation that a request has brought to the newer graph already stays as it is there', async () => {
  const [from, to] = [createGraphVersion(BASE), createGraphVersion(BASE)];
  from.use(DEEP);
  to.use(DEEP);
  const mine = to.compiledFormOf(DEEP);
  const deps = { from: from.version, to: to.version, signal: new AbortController().signal, logger: silentLogger };
  expect(await carryOver(from.catalogue.mostUsed(10), deps)).toMatchObject({ carried: [] });
  expect(to.compiledFormOf(DEEP)).toBe(mine);
});

test('what an operation uses is described with its inputs, and what it does not use is left out', () => {
  const used = (sdl: string) => {
    const operation = createOperationCatalogue(buildSchema(sdl)).prepare('query ($f: F) { a(f: $f) }', undefined);
    return describeUsedTypes((operation as PreparedOperation).document, buildSchema(sdl));
  };
  const base = 'input F { n: Int g: G } input G { x: Int = 1 } type Query { a(f: F): Int b: Int }';
  expect(used(base)).toBe(used(base.replace('b: Int', 'b: String c: Int')));
  expect(used(base)).not.toBe(used(base.replace('x: Int = 1', 'x: Int = 2')));
  expect(used(base)).not.toBe(used(base.replace('n: Int', 'n: Int!')));
});

test('an operation that asks for the schema uses all of it', () => {
  const used = (sdl: string, source: string) => {
    const schema = buildSchema(sdl);
    const operation = createOperationCatalogue(schema).prepare(source, undefined);
    return describeUsedTypes((operation as PreparedOperation).document, schema);
  };
  const base = 'type Query { a: Int } enum E { X Y }';
  for (const source of [
    '{ __schema { types { name } } }',
    '{ a ...F } fragment F on Query { t: __type(name: "E") { name } }',
  ]) {
    expect(used(base, source)).toBe(used(base, source));
    expect(used(base, source)).not.toBe(used(base.replace('X Y', 'X'), source));
    expect(used(base, source)).not.toBe(used(base.replace('a: Int', '"an a" a: Int'), source));
  }
});

test('what an object promises of a field of its interface is part of what an operation uses', () => {
  const used = (sdl: string) => {
    const operation = createOperationCatalogue(buildSchema(sdl)).prepare('{ i { a } }', undefined);
    return describeUsedTypes((operation as PreparedOperation).document, buildSchema(sdl));
  };
  const base = 'type Query { i: I } interface I { a: Int } type X implements I { a: Int b: Int }';
  expect(used(base)).toBe(used(base.replace('b: Int', 'b: String')));
  expect(used(base)).not.toBe(used(base.replace('a: Int b', 'a: Int! b')));
});

test('warming lets other work in between, ends when told to, and survives what cannot be warmed', async () => {
  const aborted = new AbortController();
  const order: string[] = [];
  setImmediate(() => order.push('a request'));
  const busyUntil = (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end; );
  };
  const report = await warmUp(['a', 'b', 'broken', 'c', 'd'], {
    warm: (item) => {
      if (item === 'broken') throw new Error('no plan');
      order.push(item);
      busyUntil(6);
      if (item === 'c') aborted.abort();
      return item !== 'b';
    },
    signal: aborted.signal,
    logger: silentLogger,
  });
  expect(report).toEqual({ warmed: 2, failed: 2, isAborted: true });
  expect(order.indexOf('a request')).toBeLessThan(order.indexOf('c'));
  expect(order).not.toContain('d');
});
