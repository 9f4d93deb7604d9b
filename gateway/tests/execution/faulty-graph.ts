import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createTransportRequest, type Transport, type TransportResponse } from '@playgraph/server/transport';
import {
  buildSchema,
  type DocumentNode,
  executeSync,
  type GraphQLSchema,
  getOperationAST,
  isObjectType,
  parse,
  printSchema,
} from 'graphql';
import { expect } from 'vitest';
import { createCallRunner } from '../../src/calls/call-runner.ts';
import { createExecutor } from '../../src/executor.ts';
import { createInfo, createTestGraph, type SubgraphParts, type TestResponse } from '../test-graph.ts';

/** Answers a request in the place of the subgraph; `truth` is what it would have said. */
export type Fault = (response: ServerResponse, truth: TransportResponse) => void;

/** A subgraph behind HTTP that may be told to misbehave. */
export type FaultySubgraph = { fault: Fault | null; readonly url: string };

export type FaultyGraph = Awaited<ReturnType<typeof createFaultyGraph>>;

/** How long a subgraph may take in these tests. */
const DEADLINE_MS = 500;
const RESPONSE_BYTES_MAX = 64 * 1024;

/** A subgraph that answers something else than the truth, as ordinary JSON. */
export function lie(change: (truth: TransportResponse) => unknown): Fault {
  return (response, truth) => sendJson(response, change(structuredClone(truth)));
}

export function sendJson(response: ServerResponse, answer: unknown): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
}

/** Real subgraphs behind real HTTP servers and our HTTP transports, and the executor over them, as in production. */
export async function createFaultyGraph(parts: Readonly<Record<string, SubgraphParts>>) {
  const { graph } = createTestGraph(parts);
  const subgraphs = new Map<string, FaultySubgraph>();
  const transports = new Map<string, Transport>();
  const closers: (() => Promise<void>)[] = [];
  for (const [name, transport] of graph.transports) {
    const { subgraph, close } = await serve(transport);
    const limits = { deadlineMs: DEADLINE_MS, responseBytesMax: RESPONSE_BYTES_MAX, retriesMax: 0, breaker: null };
    const ports = { clock: systemClock, logger: silentLogger, identitySecret: null };
    const overHttp = createHttpTransport({ name, url: subgraph.url, ...limits, ...ports });
    subgraphs.set(name, subgraph);
    transports.set(name, overHttp);
    closers.push(() => overHttp.close(), close);
  }
  const runner = createCallRunner({ transports: () => transports, sharing: false, prediction: false });
  const executor = createExecutor({
    graph: () => graph,
    runner,
    logger: silentLogger,
    prediction: true,
    prepareAgain: async (operation) => operation,
  });
  return {
    /** The schema by which answers are judged. */
    judge: createJudge(graph.apiSchema),
    subgraph(name: string): FaultySubgraph {
      const found = subgraphs.get(name);
      if (!found) throw new TypeError(`no subgraph ${name}`);
      return found;
    },
    async query(source: string, signal = new AbortController().signal): Promise<TestResponse> {
      const operation = graph.catalogue.prepare(source, undefined);
      if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
      const { body } = await executor.execute(operation, {}, { ...createInfo(), signal });
      return JSON.parse(body.toString()) as TestResponse;
    },
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

/** Serves a subgraph over HTTP until its fault says otherwise. */
async function serve(transport: Transport) {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { query, variables, operationName } = JSON.parse(await text(request));
    const operationType = getOperationAST(parse(query), operationName)?.operation;
    if (!operationType) throw new TypeError('no operation');
    const asked = createTransportRequest({ query, variables, operationName, operationType });
    const truth = (await transport.execute(asked, createInfo())).read();
    if (subgraph.fault) subgraph.fault(response, truth);
    else sendJson(response, truth);
  };
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const subgraph: FaultySubgraph = { fault: null, url: `http://127.0.0.1:${port}/graphql` };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { subgraph, close };
}

type Path = readonly (string | number)[];

/** The schema by which answers are judged: only a JSON object is a value of an object type. */
export function createJudge(apiSchema: GraphQLSchema): GraphQLSchema {
  const judge = buildSchema(printSchema(apiSchema));
  for (const type of Object.values(judge.getTypeMap())) {
    if (isObjectType(type)) type.isTypeOf = (value) => typeof value === 'object' && !Array.isArray(value);
  }
  return judge;
}

/** What graphql-js makes of resolved values, which stand under response keys: the specification's word on what is null. */
export function completeBySpecification(schema: GraphQLSchema, document: DocumentNode, values: unknown) {
  const { data, errors = [] } = executeSync({
    schema,
    document,
    rootValue: values,
    fieldResolver: (source: Record<string, unknown>, _args, _context, { path }) => source[path.key],
    typeResolver: ({ __typename }: { __typename?: unknown }) => __typename as string,
  });
  return {
    data: JSON.parse(JSON.stringify(data)) as unknown,
    paths: errors.map(({ path = [] }) => path.join('.')).sort(),
  };
}

/**
 * Holds a response against the schema: keys as selected, leaves of their types, no null where none may be, every error
 * with a code and at a place that exists. With `isExplained`, every null has an error at, above or below its place.
 */
export function expectWellFormed(
  { data, errors = [] }: TestResponse,
  at: { readonly judge: GraphQLSchema; readonly source: string; readonly isExplained: boolean },
): void {
  expect(data).toBeDefined();
  for (const { extensions, message } of errors) {
    expect(extensions.code).toBeTypeOf('string');
    expect(message).not.toBe('');
  }
  if (data) expect(completeBySpecification(at.judge, parse(at.source), data)).toEqual({ data, paths: [] });
  const paths = errors.map(({ path }) => path ?? []);
  for (const path of paths) expect(placeExists(data, path), path.join('.')).toBe(true);
  if (!at.isExplained) return;
  // One error may tell of all items of a list.
  const isNear = (one: Path, other: Path) => one.slice(0, other.length).every((step, i) => step === other[i]);
  const fieldsOf = (path: Path) => path.filter((step) => typeof step === 'string');
  const unexplained = nullsOf(data, []).filter(
    (place) => !paths.some((path) => isNear(fieldsOf(place), fieldsOf(path))),
  );
  expect(unexplained).toEqual([]);
}

/** Whether a path leads somewhere, or to a null on the way: what was there has become that null. */
function placeExists(value: unknown, path: Path): boolean {
  const [step, ...rest] = path;
  if (step === undefined || value === null) return true;
  if (Array.isArray(value)) return typeof step === 'number' && step in value && placeExists(value[step], rest);
  if (typeof value !== 'object' || value === undefined || !Object.hasOwn(value, step)) return false;
  return placeExists((value as Record<string, unknown>)[step], rest);
}

function nullsOf(value: unknown, path: Path): Path[] {
  if (value === null) return [path];
  if (typeof value !== 'object' || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => nullsOf(item, [...path, i]));
  return Object.entries(value).flatMap(([key, item]) => nullsOf(item, [...path, key]));
}
