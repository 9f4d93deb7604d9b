import type { BreakerEvent, CallEvent } from '@playgraph/server/http-transport-options';
import type { Transport, TransportAnswer, TransportInfo } from '@playgraph/server/transport';
import type { Tracer, TraceSpan } from './tracer.ts';
import type { Watchers } from './watchers.ts';

/** What a transport tells of itself: options of `createHttpTransport`. */
export type TransportHooks = {
  /** `info` is what the call was made with. */
  readonly onCall?: (event: CallEvent, info?: TransportInfo) => void;
  readonly onErrors?: () => void;
  readonly onStateChange?: (event: BreakerEvent) => void;
};

/** The transport that `create` makes, counted and traced: each call is a span, and the subgraph continues its trace. */
export function observeTransport(
  subgraph: string,
  create: (hooks: TransportHooks) => Transport,
  { metrics, tracer }: Watchers,
): Transport {
  const spans: OpenSpans = new WeakMap();
  metrics?.subgraphs.onOpened(subgraph);
  const transport = create({
    onCall(event, info) {
      metrics?.subgraphs.onCall(event);
      if (info) spans.get(info.headers)?.set(factsOfCall(event));
    },
    ...(metrics && {
      onErrors: () => metrics.subgraphs.onErrors(subgraph),
      onStateChange: metrics.subgraphs.onStateChange,
    }),
  });
  return tracer ? traceCalls(subgraph, transport, { tracer, spans }) : transport;
}

/** Spans under way by the headers of their calls. */
type OpenSpans = WeakMap<TransportInfo['headers'], TraceSpan>;

function traceCalls(
  subgraph: string,
  transport: Transport,
  { tracer, spans }: { readonly tracer: Tracer; readonly spans: OpenSpans },
): Transport {
  return {
    ...transport,
    execute(request, info) {
      const span = tracer.startCall(subgraph, info.headers, { 'graphql.operation.type': request.operationType });
      const headers = span.headers(info.headers);
      spans.set(headers, span);
      return transport.execute(request, { ...info, headers }).then(
        (answer) => {
          span.end(...endOf(answer));
          return answer;
        },
        (error: unknown) => {
          span.end('ERROR', { 'subgraph.outcome': 'aborted' });
          throw error;
        },
      );
    },
  };
}

function factsOfCall({ outcome, retries, bytes }: CallEvent) {
  return { 'subgraph.outcome': outcome.toLowerCase(), 'subgraph.retries': retries, 'subgraph.answer_bytes': bytes };
}

/** An answer that never was bytes may be that of a subgraph in this process, or none at all. */
function endOf(answer: TransportAnswer): Parameters<TraceSpan['end']> {
  const code = answer.bytes === null ? answer.read().errors?.[0]?.extensions?.code : undefined;
  return typeof code === 'string' ? ['ERROR', { 'error.type': code }] : ['OK'];
}
