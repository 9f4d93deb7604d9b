import type { Logger } from '@playgraph/kernel/logger';
import { maskError } from '@playgraph/server/mask-error';
import { type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { ClientInfo, ClientRequest } from '../client-request.ts';
import type { Gateway } from '../gateway.ts';
import type { Admission } from '../http/admission.ts';
import { formatHttpError, overloaded } from '../http/http-error.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import type { StreamAnswer } from '../subscriptions/stream-answer.ts';
import { factsOf } from '../telemetry/operation-facts.ts';
import type { SpanFacts, Tracer } from '../telemetry/tracer.ts';
import type { OperationLog } from './operation-log.ts';

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

type Deps = {
  readonly gateway: OperationRunner;
  readonly admission: Admission;
  readonly logger: Logger;
  readonly tracer?: Tracer | null;
};
type Accepted = {
  readonly log: OperationLog | null;
  readonly operation: PreparedOperation;
  readonly request: ClientRequest;
  readonly client: ClientInfo;
  /** To be called when all is done but handing the answer to the network: a slow reader takes nobody's place. */
  readonly executed: () => void;
};

type Asked = {
  readonly payload: SubscribePayload;
  readonly client: ClientInfo;
  /** Null where nobody hears of operations. */
  readonly log: OperationLog | null;
};

const TOO_MANY_REQUESTS = [formatHttpError(overloaded('Too many requests are under way.'))];
const TOO_MANY_STREAMS = [formatHttpError(overloaded('Too many subscriptions run.'))];

/** Runs one operation of a socket to its end. Never rejects. `client.signal` aborts when the client completes or goes. */
export async function runOperation(deps: Deps, asked: Asked, sink: OperationSink): Promise<void> {
  // The socket stays: what it has under way is worth more than a lesson for its client.
  if (!deps.admission.tryRequest()) return sink.error(TOO_MANY_REQUESTS);
  let isOver = false;
  const executed = () => {
    if (!isOver) deps.admission.endRequest();
    isOver = true;
  };
  try {
    await run(deps, { executed, ...asked }, sink);
  } finally {
    executed();
  }
}

type Run = Asked & Pick<Accepted, 'executed'>;

async function run(deps: Deps, { payload, client: caller, executed, log }: Run, sink: OperationSink): Promise<void> {
  const trace = deps.tracer?.startRequest(caller.headers, { 'network.protocol.name': 'websocket' });
  const client = trace ? { ...caller, headers: trace.headers(caller.headers) } : caller;
  if (trace) log?.traced(trace.traceId);
  let facts: SpanFacts | undefined;
  try {
    const request = toRequest(payload);
    const operation = await deps.gateway.prepare(request, client);
    if (client.signal.aborted) return;
    if ('errors' in operation) return sink.error(operation.errors);
    if (trace) facts = factsOf(operation);
    log?.prepared(operation);
    const accepted = { operation, request, client, executed, log };
    const isStream = operation.definition.operation === OperationTypeNode.SUBSCRIPTION;
    await (isStream ? stream(deps, accepted, sink) : answer(deps, accepted, sink));
  } catch (error) {
    // What was stopped rejects: that is its end, not a failure.
    if (!client.signal.aborted) sink.error([maskError(error, { ...deps, correlationId: client.correlationId })]);
  } finally {
    trace?.end('OK', facts);
  }
}

/** An empty `query` is none where a document is named: the protocol asks for one in any case. */
function toRequest(payload: SubscribePayload & { readonly documentId?: unknown }): ClientRequest {
  const { query, operationName, variables, documentId } = payload;
  const extensions: ClientRequest['extensions'] = {
    ...payload.extensions,
    ...(documentId !== undefined && documentId !== null && { documentId }),
  };
  const isNamed = Boolean(extensions.persistedQuery ?? extensions.documentId);
  return {
    query: query === '' && isNamed ? undefined : query,
    operationName: operationName || undefined,
    variables: variables ?? {},
    extensions,
  };
}

async function answer({ gateway }: Deps, accepted: Accepted, sink: OperationSink): Promise<void> {
  const { operation, request, client, executed, log } = accepted;
  const answered = await gateway.execute(operation, request.variables, client);
  const { body, outcome } = answered;
  executed();
  log?.answered(answered);
  if (outcome === 'REFUSED') return sink.error(errorsOf(body));
  await sink.next(body);
  sink.complete();
}

async function stream(deps: Deps, accepted: Accepted, sink: OperationSink): Promise<void> {
  if (!deps.admission.tryStream()) return sink.error(TOO_MANY_STREAMS);
  sink.streams();
  try {
    await streamEvents(deps, accepted, sink);
  } finally {
    deps.admission.endStream();
  }
}

async function streamEvents(
  { gateway }: Deps,
  { operation, request, client }: Accepted,
  sink: OperationSink,
): Promise<void> {
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
