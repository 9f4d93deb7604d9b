import { DomainError } from '@playgraph/kernel/errors';
import type { ClientInfo, ClientRequest, IncrementalAnswer, PrintedAnswer, Refusal } from '../client-request.ts';
import type { Gateway } from '../gateway.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import { errorCodesOf } from './error-codes.ts';
import { createEventsObserver } from './observe-events.ts';
import { factsOf } from './operation-facts.ts';
import type { OperationOutcome, PersistedResult } from './operation-metrics.ts';
import type { Watchers } from './watchers.ts';

/** The steps of an operation that are watched. */
type Watched = Pick<Gateway, 'prepare' | 'execute' | 'executeIncrementally' | 'subscribe'>;

/** `gateway`, whose requests are counted and traced. The doors get this one. */
export function observeGateway<Observed extends Watched>(gateway: Observed, watchers: Watchers): Observed {
  const { metrics } = watchers;
  const watchEvents = metrics ? createEventsObserver(metrics.operations.onErrors) : null;
  return {
    ...gateway,
    prepare: (request, client) => watchPrepare(watchers, { request, client }, () => gateway.prepare(request, client)),
    execute: (operation, variables, client) =>
      watchExecution(watchers, { operation, client }, (traced) => gateway.execute(operation, variables, traced)),
    executeIncrementally: (operation, variables, client) =>
      watchExecution(watchers, { operation, client }, (traced) =>
        gateway.executeIncrementally(operation, variables, traced),
      ),
    subscribe(operation, variables, client) {
      watchers.metrics?.operations.onSubscribe(operation);
      const answers = gateway.subscribe(operation, variables, client);
      return watchEvents ? watchEvents(answers) : answers;
    },
  };
}

async function watchPrepare(
  { metrics, tracer }: Watchers,
  { request, client }: { readonly request: ClientRequest; readonly client: ClientInfo },
  prepare: () => Promise<PreparedOperation | Refusal>,
): Promise<PreparedOperation | Refusal> {
  const span = tracer?.startStep('prepare', client.headers);
  try {
    const result = await prepare();
    const refused = 'errors' in result ? result : null;
    const code = refused?.errors[0]?.extensions?.code;
    if (metrics) {
      const persisted = persistedResultOf(request, refused && code);
      if (persisted) metrics.operations.onPersisted(persisted);
      if (refused) metrics.operations.onRefusal(refused.errors[0]?.extensions);
      if (refused) metrics.operations.onErrors(refused.errors.map(({ extensions }) => extensions?.code));
    }
    if ('errors' in result) span?.end('ERROR', { 'error.type': String(code) });
    else span?.end('OK', factsOf(result));
    return result;
  } catch (error) {
    if (!client.signal.aborted) metrics?.operations.onErrors([codeOfThrown(error)]);
    span?.end('ERROR');
    throw error;
  }
}

const NOT_KNOWN: ReadonlySet<unknown> = new Set([
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'PERSISTED_QUERY_NOT_IN_LIST',
]);

/** Null when the request does not name its document. `refusal` is the code of what refused it, null when nothing did. */
function persistedResultOf({ query, extensions }: ClientRequest, refusal: unknown): PersistedResult | null {
  if (!extensions.persistedQuery && !extensions.documentId) return null;
  if (NOT_KNOWN.has(refusal)) return 'miss';
  if (refusal !== null) return 'refused';
  return query === undefined ? 'hit' : 'registered';
}

async function watchExecution<Answer extends PrintedAnswer | IncrementalAnswer>(
  { metrics, tracer }: Watchers,
  { operation, client }: { readonly operation: PreparedOperation; readonly client: ClientInfo },
  execute: (client: ClientInfo) => Promise<Answer>,
): Promise<Answer> {
  const span = tracer?.startStep('execute', client.headers, factsOf(operation));
  const startMs = performance.now();
  const end = (outcome: OperationOutcome, bytes: number) => {
    metrics?.operations.onEnd({ operation, outcome, bytes, durationMs: performance.now() - startMs });
    span?.end(outcome === 'ok' || outcome === 'deferred' ? 'OK' : 'ERROR', { 'graphql.outcome': outcome });
  };
  metrics?.operations.onBegin();
  try {
    const answer = await execute(span ? { ...client, headers: span.headers(client.headers) } : client);
    const { outcome, codes } = readAnswer(answer);
    metrics?.operations.onErrors(codes);
    if (outcome === 'refused') metrics?.operations.onRefusedRun(codes);
    end(outcome, 'body' in answer ? answer.body.length : answer.initial.length);
    return answer;
  } catch (error) {
    const isGone = client.signal.aborted;
    if (!isGone) metrics?.operations.onErrors([codeOfThrown(error)]);
    end(isGone ? 'aborted' : 'null', 0);
    throw error;
  }
}

/** What a client reads of what is thrown, once it is masked. */
function codeOfThrown(error: unknown): string {
  return error instanceof DomainError ? error.code : 'INTERNAL_SERVER_ERROR';
}

const OUTCOMES = { NULL: 'null', REFUSED: 'refused' } as const;

function readAnswer(answer: PrintedAnswer | IncrementalAnswer): {
  readonly outcome: OperationOutcome;
  readonly codes: readonly unknown[];
} {
  if (!('body' in answer)) return { outcome: 'deferred', codes: errorCodesOf({ body: answer.initial }) };
  const codes = errorCodesOf(answer);
  if (answer.outcome !== 'DATA') return { outcome: OUTCOMES[answer.outcome], codes };
  return { outcome: codes.length > 0 ? 'partial' : 'ok', codes };
}
