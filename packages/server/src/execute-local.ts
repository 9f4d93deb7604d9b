import { createLogger, type Logger } from '@playgraph/kernel/logger';
import type { FormattedExecutionResult } from 'graphql';
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
  const gone = new AbortController();
  const own = { ...info, signal: AbortSignal.any([info.signal, gone.signal]) };
  return abortOnReturn(startSubscription(subgraph, operation, own), gone);
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

/** A generator that waits for its source cannot be returned before the source gives way: the abort makes it. */
function abortOnReturn<Item>(
  items: AsyncGenerator<Item, void, void>,
  gone: AbortController,
): AsyncGenerator<Item, void, void> {
  const endWith = <Result>(end: () => Promise<Result>): Promise<Result> => {
    gone.abort();
    return end();
  };
  const wrapped = {
    next: () => items.next(),
    return: () => endWith(() => items.return()),
    throw: (error: unknown) => endWith(() => items.throw(error)),
    [Symbol.asyncIterator]: () => wrapped,
    [Symbol.asyncDispose]: () => endWith(() => items.return()).then(() => undefined),
  };
  return wrapped as AsyncGenerator<Item, void, void>;
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
