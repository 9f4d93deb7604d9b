import type { Logger } from '@playgraph/kernel/logger';
import { type DocumentNode, type ExecutionResult, execute, GraphQLError, type GraphQLSchema } from 'graphql';
import type { ResponseObject } from './merge.ts';

export type ShapeOptions = {
  readonly apiSchema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly correlationId: string;
  readonly logger: Logger;
};

/**
 * Cuts the gathered data to exactly what the client selected, by graphql-js itself over the API schema: field order,
 * fragments, `__typename`, introspection and null propagation are the specification's.
 * `errors` are those of subgraphs; where they already explain a missing value, nothing is added to them.
 */
export async function shapeResponse(
  options: ShapeOptions,
  data: ResponseObject,
  errors: readonly GraphQLError[],
): Promise<ExecutionResult> {
  const shaped = await execute({
    schema: options.apiSchema,
    document: options.document,
    operationName: options.operationName,
    variableValues: options.variables,
    rootValue: data,
    fieldResolver: (source: ResponseObject, _args, _context, info) => source[info.path.key] ?? null,
    typeResolver: (value: ResponseObject) => String(value.__typename),
  });
  const unexplained = errors.length > 0 ? [] : (shaped.errors ?? []).map((error) => toClientError(error, options));
  const all = [...errors, ...unexplained];
  return { data: shaped.data ?? null, ...(all.length > 0 ? { errors: all } : {}) };
}

/** A subgraph broke its own schema: a matter for the operator, who finds it by the correlation id. */
function toClientError(error: GraphQLError, { logger, correlationId }: ShapeOptions): GraphQLError {
  logger.error({ error: error.message, path: error.path, correlationId }, 'an answer does not fit the schema');
  return new GraphQLError('Something went wrong on our side.', {
    ...(error.nodes ? { nodes: error.nodes } : {}),
    ...(error.path ? { path: error.path } : {}),
    extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId },
  });
}
