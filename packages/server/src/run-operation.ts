import type { Logger } from '@playgraph/kernel/logger';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FormattedExecutionResult,
  OperationTypeNode,
  subscribe,
} from 'graphql';
import { maskError, protocolError } from './mask-error.ts';
import { type Operation, operationTypeOf } from './prepare-operation.ts';
import type { RequestInfo, Subgraph } from './subgraph.ts';

/** An operation whose document is parsed and validated. */
export type PreparedOperation = Omit<Operation, 'query'> & { readonly document: DocumentNode };

/** Runs a query or mutation. Never rejects: what fails is in the answer, masked. Both HTTP and in-process go here. */
export async function runOperation(
  target: { readonly subgraph: Subgraph; readonly logger: Logger },
  operation: PreparedOperation,
  info: RequestInfo,
): Promise<FormattedExecutionResult> {
  const mask = (error: unknown) => maskError(error, { logger: target.logger, correlationId: info.correlationId });
  try {
    if (operationTypeOf(operation.document, operation.operationName) === OperationTypeNode.SUBSCRIPTION) {
      throw protocolError('BAD_REQUEST', 'A subscription needs a WebSocket (graphql-transport-ws).');
    }
    const result = await execute(toExecutionArgs(target.subgraph, operation, info));
    return format(result, mask);
  } catch (error) {
    return { errors: [mask(error)] };
  }
}

/**
 * Runs a subscription: one answer per event. What cannot start gives one answer with errors and ends; a source that
 * fails gives a last answer with the masked error.
 */
export async function* runSubscription(
  target: { readonly subgraph: Subgraph; readonly logger: Logger },
  operation: PreparedOperation,
  info: RequestInfo,
): AsyncGenerator<FormattedExecutionResult, void, void> {
  const mask = (error: unknown) => maskError(error, { logger: target.logger, correlationId: info.correlationId });
  try {
    if (operationTypeOf(operation.document, operation.operationName) !== OperationTypeNode.SUBSCRIPTION) {
      throw protocolError('BAD_REQUEST', 'Only a subscription can be subscribed to.');
    }
    const events = await subscribe(toExecutionArgs(target.subgraph, operation, info));
    if (!(Symbol.asyncIterator in events)) {
      yield format(events, mask);
      return;
    }
    // Gone while it started: what it opened is closed without waiting for a first event.
    if (info.signal.aborted) await events.return();
    else for await (const event of events) yield format(event, mask);
  } catch (error) {
    // Whoever has gone needs no last word.
    if (!info.signal.aborted) yield { errors: [mask(error)] };
  }
}

function toExecutionArgs(subgraph: Subgraph, operation: PreparedOperation, info: RequestInfo) {
  return {
    schema: subgraph.schema,
    document: operation.document,
    contextValue: subgraph.createContext(info),
    variableValues: operation.variables ?? {},
    operationName: operation.operationName ?? null,
  };
}

function format(
  result: ExecutionResult,
  mask: (error: unknown) => NonNullable<FormattedExecutionResult['errors']>[number],
) {
  const { errors, ...rest } = result;
  return { ...(errors && { errors: errors.map(mask) }), ...rest };
}
