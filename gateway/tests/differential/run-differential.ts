import { createSeededRandom } from '@playgraph/kernel/random';
import type { Transport } from '@playgraph/server/transport';
import { lexicographicSortSchema, parse, printSchema, validate } from 'graphql';
import { createTestGraph } from '../test-graph.ts';
import { type Answer, findDifference } from './compare.ts';
import type { GraphOptions } from './draft.ts';
import { hashOf } from './draw.ts';
import { generateGraph } from './generate-graph.ts';
import { type GeneratedOperation, generateOperation, type OperationOptions } from './generate-operation.ts';
import type { GraphModel } from './model.ts';
import { createMonolith, type Monolith } from './monolith.ts';
import { printSubgraph } from './print-graph.ts';
import { shrinkOperation } from './shrink-operation.ts';
import { createSubgraphResolvers } from './subgraph-resolvers.ts';

/** Each failure is shrunk, which takes long: what is wrong with a graph shows in a few. */
const FAILURES_MAX = 5;

export type RunOptions = {
  readonly seed: string;
  readonly operations: number;
} & GraphOptions &
  OperationOptions;

export type RunReport = {
  /** Operations whose answers were compared. */
  readonly compared: number;
  /** Generated operations that were not valid. */
  readonly invalid: number;
  readonly failures: readonly string[];
  /** Why the graph did not compose; null when it did. */
  readonly rejection: string | null;
};

/** One generated graph and many operations on it; `failures` say how to see each again. */
export async function runDifferential({ seed, operations, ...options }: RunOptions): Promise<RunReport> {
  const model = generateGraph(createSeededRandom(seed), options);
  const federated = tryCreateFederated(model, seed);
  if (federated instanceof Error) {
    const message = `seed ${seed}: ${federated.message}`;
    if (isOfComposition(federated)) return { compared: 0, invalid: 0, failures: [], rejection: message };
    const subgraphs = model.subgraphs.map((name) => `# subgraph ${name}\n${printSubgraph(model, name)}`);
    return { compared: 0, invalid: 0, failures: [[message, ...subgraphs].join('\n')], rejection: null };
  }
  const monolith = createMonolith(model, seed);
  const failures: string[] = [];
  const schemas = [monolith.schema, federated.graph.apiSchema].map((schema) =>
    printTypes(printSchema(lexicographicSortSchema(schema))),
  );
  if (schemas[0] !== schemas[1])
    failures.push(`seed ${seed}: the composed schema is another one\n${schemas.join('\n====\n')}`);
  // Under a condition the planner has no plan for what one interface object requires where another one leads to it.
  const conditions = !hasTwoInterfaceObjects(model);
  let compared = 0;
  for (let i = 0; i < operations && failures.length < FAILURES_MAX; i++) {
    const operation = generateOperation(monolith.schema, createSeededRandom(`${seed}/${i}`), {
      ...options,
      conditions,
    });
    if (validate(monolith.schema, parse(operation.source)).length > 0) continue;
    compared += 1;
    const check = (smaller: GeneratedOperation) => compareOne({ federated, monolith }, smaller);
    if ((await check(operation)) === null) continue;
    const small = await shrinkOperation(monolith.schema, operation, async (smaller) => (await check(smaller)) !== null);
    failures.push(describe({ model, seed: `${seed}/${i}` }, small, (await check(small)) ?? LOST));
  }
  return { compared, invalid: operations - compared, failures, rejection: null };
}

function hasTwoInterfaceObjects({ types }: GraphModel): boolean {
  return [...types.values()].some((type) => type.kind === 'interface' && (type.object?.subgraphs.length ?? 0) > 1);
}

type Outcome = { readonly difference: string; readonly strict: Answer; readonly actual: Answer };
const LOST: Outcome = { difference: 'it does not fail every time', strict: {}, actual: {} };

type Pair = { readonly federated: Federated; readonly monolith: Monolith };

async function compareOne({ federated, monolith }: Pair, operation: GeneratedOperation): Promise<Outcome | null> {
  const { source, variables } = operation;
  const strict = toJson(monolith.answer(source, variables));
  const lenient = toJson(monolith.answerLeniently(source, variables));
  const actual = await ask(federated, operation);
  const difference = findDifference(actual, { strict, lenient });
  return difference === null ? null : { difference, strict, actual };
}

type Federated = ReturnType<typeof createTestGraph>;

/** The composition has corners of its own, as has the generator: an error is for the caller to count. */
function tryCreateFederated(model: GraphModel, seed: string): Federated | Error {
  try {
    return createFederated(model, seed);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The test graph expects the composition to have no errors; every other one is the gateway's, which refuses the graph. */
function isOfComposition({ name }: Error): boolean {
  return name === 'AssertionError';
}

function createFederated(model: GraphModel, seed: string): Federated {
  const parts = model.subgraphs.map((name) => {
    const typeDefs = printSubgraph(model, name);
    return [name, { typeDefs, resolvers: createSubgraphResolvers(model, seed, name) }] as const;
  });
  const federated = createTestGraph(Object.fromEntries(parts));
  if (!isOverTheWire(seed)) return federated;
  const { transports } = federated.graph;
  if (!(transports instanceof Map)) throw new TypeError('the test graph has its transports in a Map');
  for (const [name, transport] of transports) transports.set(name, overTheWire(transport));
  return federated;
}

/** Half of the graphs answer with objects of this process, half with bytes. */
function isOverTheWire(seed: string): boolean {
  return hashOf(seed) % 2 === 0;
}

/** The same transport with answers as bytes, as they come from another process. */
function overTheWire(transport: Transport): Transport {
  return {
    ...transport,
    execute: async (request, info) => {
      const { query, variables } = request;
      const answer = await transport.execute({ ...request, query, variables, document: parse(query) }, info);
      const bytes = Buffer.from(JSON.stringify(answer.read()));
      const response = JSON.parse(bytes.toString());
      return { ...answer, bytes, read: () => response };
    },
  };
}

async function ask(federated: Federated, { source, variables }: GeneratedOperation): Promise<Answer> {
  try {
    return toJson(await federated.query(source, variables));
  } catch (error) {
    return { data: `THROWN: ${error instanceof Error ? error.stack : error}` };
  }
}

function toJson(answer: unknown): Answer {
  return JSON.parse(JSON.stringify(answer));
}

function printTypes(sdl: string): string {
  return sdl
    .replaceAll(/"""[\s\S]*?"""\n/g, '')
    .replaceAll(/^directive .*\n+/gm, '')
    .trim();
}

function describe(
  { model, seed }: { model: GraphModel; seed: string },
  { source, variables }: GeneratedOperation,
  { difference, strict, actual }: Outcome,
): string {
  const subgraphs = model.subgraphs.map((name) => `# subgraph ${name}\n${printSubgraph(model, name)}`);
  return [
    `seed ${seed}: ${difference}`,
    `again: DIFFERENTIAL_ONLY=${seed.split('/')[0]} npx vitest run --project unit gateway/tests/differential`,
    source,
    `variables ${JSON.stringify(variables)}`,
    `expected ${JSON.stringify(strict)}`,
    `got      ${JSON.stringify(actual)}`,
    ...subgraphs,
  ].join('\n');
}
