import { silentLogger } from '@playgraph/kernel/logger';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import type { Refusal } from '../../src/client-request.ts';
import { createOperationPlanner } from '../../src/execution/plan-operation.ts';
import { createGraph } from '../../src/graph.ts';
import type { PreparedOperation } from '../../src/operations/prepare-operation.ts';
import { refuseUnplanned } from '../../src/operations/refuse-unplanned.ts';
import { PROTECTION_DEFAULTS } from '../../src/protection/protect-operation.ts';
import { compose, olderSupergraph } from '../supergraphs.ts';

/** A supergraph that nobody has checked: there is no way from a product of `a` to its weight in `b`. */
const UNCHECKED = olderSupergraph('v0.3').replace(
  '@join__type(graph: B, key: "id") {',
  '@join__type(graph: B, key: "id", resolvable: false) {',
);
const NO_PLAN = '{ product { weight } }';

function openGraph() {
  const planner = createOperationPlanner(UNCHECKED);
  const planned: boolean[] = [];
  const counting: typeof planner = {
    ...planner,
    plan: (document, options) => {
      planned.push(options.defers);
      return planner.plan(document, options);
    },
  };
  const graph = createGraph(counting, UNCHECKED, {
    transports: new Map(),
    options: {
      protection: PROTECTION_DEFAULTS,
      documentTokensMax: 1_000,
      subgraphErrors: 'pass',
      isDevelopment: false,
      logger: silentLogger,
    },
  });
  const prepare = (text: string) => graph.catalogue.prepare(text, undefined) as PreparedOperation;
  return { graph, planned, prepare };
}

test('an operation that has no plan is planned once, whoever asks, and fails alike each time', () => {
  const { graph, planned, prepare } = openGraph();
  const failures = new Set<unknown>();
  const attempt = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      failures.add(error);
    }
  };
  for (let i = 0; i < 3; i++) {
    attempt(() => graph.compile(prepare(NO_PLAN)));
    attempt(() => graph.whole.plan(prepare(NO_PLAN)));
  }
  expect([planned.length, failures.size]).toEqual([1, 1]);
  graph.compile(prepare('{ product { name } }'));
  expect(planned).toHaveLength(2);
});

test('an answer in parts is planned on its own, and what has no plan is known for that too', () => {
  const { graph, planned, prepare } = openGraph();
  const text = '{ product { name ... @defer { weight } } }';
  for (let i = 0; i < 2; i++) {
    expect(() => graph.compileIncremental(prepare(text))).toThrow();
    expect(() => graph.compile(prepare(text))).toThrow();
  }
  // In parts, then the same as a whole, since the planner fails at some operations with `@defer` only; then as a whole.
  expect(planned).toEqual([true, false, false]);
});

test('of operations without a plan the last few are remembered', () => {
  const { graph, planned, prepare } = openGraph();
  const fail = (name: number) => expect(() => graph.compile(prepare(`query A${name} ${NO_PLAN}`))).toThrow();
  for (let i = 0; i <= 256; i++) fail(i);
  expect(planned).toHaveLength(257);
  fail(256);
  expect(planned).toHaveLength(257);
  fail(0);
  expect(planned).toHaveLength(258);
});

test('a newer version of the graph tries again', () => {
  for (const { graph, planned, prepare } of [openGraph(), openGraph()]) {
    expect(() => graph.compile(prepare(NO_PLAN))).toThrow();
    expect(planned).toHaveLength(1);
  }
});

/** Valid and short, and as wide as 2 to the power of LEVELS when its fragments are written out. */
const LEVELS = 24;
const TOO_WIDE = [
  '{ user { ...F0 } }',
  ...Array.from(
    { length: LEVELS },
    (_, i) => `fragment F${i} on User { a: friend { ...F${i + 1} } b: friend { ...F${i + 1} } }`,
  ),
  `fragment F${LEVELS} on User { name }`,
].join(' ');

test("an operation that takes too much to plan is its client's to mend, and the planner's own words stay in the log", () => {
  const sdl = compose({
    people: 'type Query { user: User } type User @key(fields: "id") { id: ID! friend: User }',
    names: 'type User @key(fields: "id") { id: ID! name: String }',
  });
  const logged: unknown[] = [];
  const asked = {
    operation: { id: 'abc', name: 'Wide' } as PreparedOperation,
    correlationId: 'who-asked',
    logger: { ...silentLogger, error: (fields: object) => void logged.push(fields) },
  };
  let refusal: Refusal | null = null;
  try {
    createOperationPlanner(sdl).plan(parse(TOO_WIDE), { operationName: undefined, defers: false });
  } catch (error) {
    refusal = refuseUnplanned(error, asked);
    expect(refuseUnplanned(error, asked)).toEqual(refusal);
  }
  const code = 'QUERY_PLAN_COMPLEXITY_EXCEEDED';
  expect(refusal).toEqual({
    errors: [
      {
        message: expect.stringMatching(/^Planning the operation takes more than may be spent/),
        extensions: { code, correlationId: 'who-asked' },
      },
    ],
    status: 400,
  });
  const { operation, correlationId } = asked;
  expect(logged).toEqual([
    { err: expect.any(Error), code, operationId: operation.id, operationName: operation.name, correlationId },
  ]);
  expect(refuseUnplanned(new Error('another'), asked)).toBeNull();
});
