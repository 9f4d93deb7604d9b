import { createSeededRandom } from '@playgraph/kernel/random';
import type { Transport } from '@playgraph/server/transport';
import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { type Part, putTogether } from '../execution/put-together.ts';
import { createTestGraph } from '../test-graph.ts';
import { deferOperation, leaveOutDeferred } from './defer-operation.ts';
import { createDraw, type Draw } from './draw.ts';
import { generateGraph } from './generate-graph.ts';
import { type GeneratedOperation, generateOperation } from './generate-operation.ts';
import { printSubgraph } from './print-graph.ts';
import { shrinkOperation } from './shrink-operation.ts';
import { createSubgraphResolvers } from './subgraph-resolvers.ts';

/**
 * More on demand, and one graph again:
 * `DEFER_SEED=x DEFER_GRAPHS=100 DEFER_OPERATIONS=50 npx vitest run --project unit gateway/tests/differential/defer`
 * `DEFER_ONLY=x-17 npx vitest ...`
 */
const { DEFER_SEED, DEFER_GRAPHS, DEFER_OPERATIONS, DEFER_ONLY } = process.env;
const GRAPHS = Number(DEFER_GRAPHS ?? 4);
const OPERATIONS = Number(DEFER_OPERATIONS ?? 12);
const SEEDS =
  DEFER_ONLY === undefined ? Array.from({ length: GRAPHS }, (_, i) => `${DEFER_SEED ?? 'ci'}-${i}`) : [DEFER_ONLY];
const TIMEOUT_MS = 60_000 + SEEDS.length * OPERATIONS * 1_000;
/** How many differences are shown, and enough to stop at. */
const FAILURES_MAX = 5;

/** How many turns of the event loop an answer takes at most. */
const TURNS_MAX = 8;

type Federated = ReturnType<typeof createTestGraph>;

test('the parts of an answer come to the whole one, and the first has nothing that is deferred', {
  timeout: TIMEOUT_MS,
}, async () => {
  const failures: string[] = [];
  let inParts = 0;
  let unplanned = 0;
  for (const seed of SEEDS) {
    const graph = tryCreateGraph(seed);
    for (let i = 0; graph && i < OPERATIONS && failures.length < FAILURES_MAX; i++) {
      const random = createSeededRandom(`${seed}/${i}`);
      const generated = generateOperation(graph.graph.apiSchema, random, { shadows: true });
      const operation = deferOperation(createDraw(random), generated);
      if (!operation || validate(graph.graph.apiSchema, parse(operation.source)).length > 0) continue;
      const { difference, count, isPlanned } = await compare(graph, operation);
      inParts += count > 1 ? 1 : 0;
      unplanned += isPlanned ? 0 : 1;
      if (difference === null) continue;
      const fails = async (smaller: GeneratedOperation) => (await compare(graph, smaller)).difference !== null;
      const small = await shrinkOperation(graph.graph.apiSchema, operation, fails);
      const text = `${small.source}\nvariables ${JSON.stringify(small.variables)}`;
      failures.push(`seed ${seed}/${i}: ${(await compare(graph, small)).difference}\n${text}`);
    }
  }
  expect(failures.join('\n\n')).toBe('');
  expect(unplanned).toBe(0);
  expect(inParts).toBeGreaterThan((SEEDS.length * OPERATIONS) / 10);
});

async function compare(graph: Federated, { source, variables }: GeneratedOperation) {
  const whole = await graph.query(source, variables);
  const expectedFirst = await graph.query(leaveOutDeferred(source), variables);
  const parts: Part[] = [];
  for await (const part of graph.queryInParts(source, variables)) parts.push(part as Part);
  const [first] = parts;
  const together = putTogether(parts);
  const isPlanned = !isRefused(first);
  const difference =
    whole.errors || together.errors.length > 0
      ? describeWithErrors({ data: whole.data, errors: whole.errors ?? [] }, together)
      : (describe('the first part', expectedFirst.data, first?.data) ??
        describe('all parts together', sortKeys(whole.data), sortKeys(together.data)));
  return { difference: isPlanned ? difference : null, count: parts.length, isPlanned };
}

/** Apollo's planner fails on some operations with `@defer`, by an assertion of its own. */
function isRefused(first: Part | undefined): boolean {
  return first !== undefined && !('data' in first);
}

function describe(what: string, expected: unknown, got: unknown): string | null {
  const texts = [JSON.stringify(expected), JSON.stringify(got)];
  return texts[0] === texts[1] ? null : `${what}: expected ${texts[0]}\ngot ${texts[1]}`;
}

/**
 * An error makes null no more than its own part: what the whole answer has, the parts have; and neither is silent. An
 * entity that its subgraph does not know may be asked for once more than in the whole answer: then its part is null.
 */
function describeWithErrors(
  whole: { readonly data: unknown; readonly errors: readonly object[] },
  together: { readonly data: unknown; readonly errors: readonly object[] },
): string | null {
  const unexpected = together.errors.filter(
    (error) => !JSON.stringify(error).includes('Cannot return null for non-null'),
  );
  const isSilent = whole.errors.length > 0 && together.errors.length === 0;
  if (isSilent || (whole.errors.length === 0 && unexpected.length > 0)) {
    return `errors: expected ${JSON.stringify(whole.errors)}\ngot ${JSON.stringify(together.errors)}`;
  }
  if (whole.errors.length === 0) return null;
  return holds(together.data, whole.data) ? null : (describe('data', whole.data, together.data) ?? 'cannot be');
}

/** Whether `data` has everything that is not null in `expected`. */
function holds(data: unknown, expected: unknown): boolean {
  if (expected === null) return true;
  if (typeof expected !== 'object') return data === expected;
  if (typeof data !== 'object' || data === null) return false;
  return Object.entries(expected).every(([key, value]) => holds((data as Record<string, unknown>)[key] ?? null, value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => [key, sortKeys(inner)]);
}

/** Null where the composition has a corner of its own. */
function tryCreateGraph(seed: string): Federated | null {
  const model = generateGraph(createSeededRandom(seed), { chains: false, conflicts: true });
  const parts = model.subgraphs.map((name) => {
    const resolvers = createSubgraphResolvers(model, seed, name);
    return [name, { typeDefs: printSubgraph(model, name), resolvers }] as const;
  });
  try {
    const graph = createTestGraph(Object.fromEntries(parts));
    answerInAnyOrder(graph, createDraw(createSeededRandom(`${seed}/turns`)));
    return graph;
  } catch {
    return null;
  }
}

/** Lets subgraphs answer some turns later, each time another number of them. */
function answerInAnyOrder({ graph: { transports } }: Federated, draw: Draw): void {
  if (!(transports instanceof Map)) throw new TypeError('the test graph has its transports in a Map');
  for (const [name, transport] of transports) {
    const execute: Transport['execute'] = async (request, info) => {
      for (let turns = draw.between(0, TURNS_MAX); turns > 0; turns--) await new Promise(setImmediate);
      return transport.execute(request, info);
    };
    transports.set(name, { ...transport, execute });
  }
}
