import type { Logger } from '@playgraph/kernel/logger';
import { maskError } from '@playgraph/server/mask-error';
import { type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { ClientInfo, ClientRequest } from '../client-request.ts';
import type { Gateway } from '../gateway.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import type { StreamAnswer } from '../subscriptions/stream-answer.ts';
import { factsOf } from '../telemetry/operation-facts.ts';
import type { Tracer } from '../telemetry/tracer.ts';

/** Where an operation's messages go. Nothing goes out once the client has completed the operation. */
export type OperationSink = {
  /** Resolves when the network took it. */
  next(body: Buffer): Promise<void>;
  /** The last word: what failed before execution, or ended the stream. */
  error(errors: readonly GraphQLFormattedError[]): void;
  complete(): void;
  /** The client does not read: its socket is closed. */
  tooSlow(): void;
  /** The operation streams from here on: no drain waits for its end. */
  streams(): void;
};

/** What the door needs of a gateway. */
export type OperationRunner = Pick<Gateway, 'prepare' | 'execute' | 'subscribe'>;

type Deps = { readonly gateway: OperationRunner; readonly logger: Logger; readonly tracer?: Tracer | null };
type Accepted = { readonly operation: PreparedOperation; readonly request: ClientRequest; readonly client: ClientInfo };

/** Runs one operation of a socket to its end. Never rejects. `client.signal` aborts when the client completes or goes. */
export async function runOperation(
  deps: Deps,
  { payload, client: caller }: { readonly payload: SubscribePayload; readonly client: ClientInfo },
  sink: OperationSink,
): Promise<void> {
  const trace = deps.tracer?.startRequest(caller.headers, { 'network.protocol.name': 'websocket' });
  const client = trace ? { ...caller, headers: trace.headers(caller.headers) } : caller;
  try {
    const request = toRequest(payload);
    const operation = await deps.gateway.prepare(request, client);
    if (client.signal.aborted) return;
    if ('errors' in operation) return sink.error(operation.errors);
    trace?.set(factsOf(operation));
    const accepted = { operation, request, client };
    const isStream = operation.definition.operation === OperationTypeNode.SUBSCRIPTION;
    await (isStream ? stream(deps, accepted, sink) : answer(deps, accepted, sink));
  } catch (error) {
    // What was stopped rejects: that is its end, not a failure.
    if (!client.signal.aborted) sink.error([maskError(error, { ...deps, correlationId: client.correlationId })]);
  } finally {
    trace?.end('OK');
  }
}

/** An empty `query` is none: the protocol asks for one, and `extensions.persistedQuery` may stand in its place. */
function toRequest({ query, operationName, variables, extensions }: SubscribePayload): ClientRequest {
  return {
    query: query === '' && extensions?.persistedQuery ? undefined : query,
    operationName: operationName ?? undefined,
    variables: variables ?? {},
    extensions: extensions ?? {},
  };
}

async function answer({ gateway }: Deps, { operation, request, client }: Accepted, sink: OperationSink): Promise<void> {
  const { body, outcome } = await gateway.execute(operation, request.variables, client);
  if (outcome === 'REFUSED') return sink.error(errorsOf(body));
  await sink.next(body);
  sink.complete();
}

async function stream({ gateway }: Deps, { operation, request, client }: Accepted, sink: OperationSink): Promise<void> {
  sink.streams();
  let isFirst = true;
  const answers: AsyncGenerator<StreamAnswer> = gateway.subscribe(operation, request.variables, client);
  for await (const { body, outcome, ends } of answers) {
    if (ends === 'TOO_SLOW') return sink.tooSlow();
    // A stream that says no at first has not begun; what it says later is an event like others.
    if (ends || (isFirst && outcome === 'REFUSED')) return sink.error(errorsOf(body));
    isFirst = false;
    await sink.next(body);
  }
  sink.complete();
}

function errorsOf(body: Buffer): readonly GraphQLFormattedError[] {
  return JSON.parse(body.toString()).errors;
}
