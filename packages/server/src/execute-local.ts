import { createLogger, type Logger } from '@playgraph/kernel/logger';
import type { FormattedExecutionResult } from 'graphql';
import { abortOnReturn } from './bounded-stream.ts';
import { maskError } from './mask-error.ts';
import { type Operation, prepareDocument } from './prepare-operation.ts';
import { runOperation, runSubscription } from './run-operation.ts';
import type { RequestInfo, Subgraph } from './subgraph.ts';

/**
 * Asks a subgraph in this process. The answer is what `serveSubgraph` would send over HTTP: plain JSON values, errors
 * masked, never a rejection.
 */
export async function executeLocal(
  subgraph: Subgraph,
  operation: Operation,
  info: RequestInfo,
): Promise<FormattedExecutionResult> {
  const logger = loggerOf(subgraph);
  const prepared = prepareDocument(subgraph.schema, operation.query);
  if ('errors' in prepared) return { errors: maskAll(prepared.errors, logger, info) };
  return runOperation({ subgraph, logger }, { ...operation, document: prepared.document }, info);
}

/**
 * Subscribes to a subgraph in this process: one answer per event, plain JSON values. Returning the generator, or an
 * abort of `info.signal`, aborts the signal that the subscription's context sees, even while it waits for an event.
 * What cannot start gives one answer with errors and ends.
 */
export function subscribeLocal(
  subgraph: Subgraph,
  operation: Operation,
  info: RequestInfo,
): AsyncGenerator<FormattedExecutionResult, void, void> {
  return abortOnReturn((signal) => startSubscription(subgraph, operation, { ...info, signal }), info.signal);
}

async function* startSubscription(
  subgraph: Subgraph,
  operation: Operation,
  info: RequestInfo,
): AsyncGenerator<FormattedExecutionResult, void, void> {
  const logger = loggerOf(subgraph);
  const prepared = prepareDocument(subgraph.schema, operation.query);
  if ('errors' in prepared) yield { errors: maskAll(prepared.errors, logger, info) };
  else yield* runSubscription({ subgraph, logger }, { ...operation, document: prepared.document }, info);
}

function maskAll(errors: readonly unknown[], logger: Logger, info: RequestInfo) {
  return errors.map((error) => maskError(error, { logger, correlationId: info.correlationId }));
}

const loggers = new Map<string, Logger>();

/** A subgraph without a logger of its own must not lose its failures. */
function loggerOf(subgraph: Subgraph): Logger {
  if (subgraph.logger) return subgraph.logger;
  const logger = loggers.get(subgraph.name) ?? createLogger({ name: subgraph.name, level: 'error' });
  loggers.set(subgraph.name, logger);
  return logger;
}
