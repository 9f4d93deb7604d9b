import { type ExecutionResult, execute, type GraphQLSchema, parse } from 'graphql';
import { findProbe, findTicks, mask } from './ticks.ts';

/** How many distinct bodies are remembered; then all are forgotten, as none should differ that much. */
const BODIES_MAX = 20_000;

/** A printed HTTP answer, and where it can be changed without printing it again. */
export type KeptAnswer = {
  /** Status line, headers and JSON. */
  readonly bytes: Buffer;
  /** Offset in `bytes` of the JSON. */
  readonly jsonStart: number;
  /** Offsets in `bytes`. */
  readonly ticks: readonly number[];
  /** Offset in `bytes` of the digits of a probe; -1 without one. */
  readonly probe: number;
  /** How many GraphQL operations the body had: more than one in a batch. */
  readonly operations: number;
};

type GraphQLRequest = {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
};

/**
 * Answers bodies of one service: each is executed by graphql-js once and remembered, whatever operations, aliases and
 * batches a gateway sends. Bodies that differ in their probe only are one.
 */
export function createAnswers(schema: GraphQLSchema): (body: string) => KeptAnswer | Promise<KeptAnswer> {
  const kept = new Map<string, KeptAnswer>();
  return (body) => {
    const key = findProbe(body) === -1 ? body : mask(body);
    const known = kept.get(key);
    if (known) return known;
    return executeBody(schema, key).then((answer) => {
      if (kept.size >= BODIES_MAX) kept.clear();
      kept.set(key, answer);
      return answer;
    });
  };
}

async function executeBody(schema: GraphQLSchema, body: string): Promise<KeptAnswer> {
  const request = JSON.parse(Buffer.from(body, 'latin1').toString()) as GraphQLRequest | readonly GraphQLRequest[];
  const isBatch = Array.isArray(request);
  const requests = (isBatch ? request : [request]) as readonly GraphQLRequest[];
  const results = await Promise.all(requests.map((one) => executeRequest(schema, one)));
  const json = JSON.stringify(isBatch ? results : results[0]);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n`;
  // The offsets are those of bytes, because everything here is ASCII: the world's texts and what gateways send.
  const text = head + json;
  return {
    bytes: Buffer.from(text),
    jsonStart: head.length,
    ticks: findTicks(text),
    probe: findProbe(text),
    operations: requests.length,
  };
}

async function executeRequest(schema: GraphQLSchema, request: GraphQLRequest): Promise<ExecutionResult> {
  const { query, operationName, variables } = request;
  return execute({
    schema,
    document: parse(query),
    variableValues: variables ?? {},
    ...(operationName ? { operationName } : {}),
    contextValue: {},
  });
}
