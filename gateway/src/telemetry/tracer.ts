import type { IncomingHttpHeaders } from 'node:http';

/** Facts of a span. Names and codes only: no document, no variables, nothing that belongs to a user. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** Headers that travel on, names in lower case: those of `ClientInfo` and `TransportInfo`. */
export type TravellingHeaders = Readonly<Record<string, string>>;

/** One piece of work that is under way. */
export type TraceSpan = {
  /** 32 hex digits, for logs. */
  readonly traceId: string;
  /** `given` with this span's trace context in place of any other: whoever gets it continues under this span. */
  headers(given: TravellingHeaders): TravellingHeaders;
  /** Adds facts. Does nothing once the span has ended. */
  set(facts: SpanFacts): void;
  /** To be called once; a second call does nothing. */
  end(outcome: 'OK' | 'ERROR', facts?: SpanFacts): void;
};

/**
 * Makes the spans of requests. Where one belongs travels in the headers alone (W3C trace context), as it does between
 * processes: so a span reaches every part that the request's headers reach. There is no tracer when tracing is off:
 * callers hold `Tracer | null` and write `tracer?.`.
 */
export type Tracer = {
  /** A client's request: continues the trace of whoever sent it. */
  startRequest(headers: IncomingHttpHeaders | TravellingHeaders, facts?: SpanFacts): TraceSpan;
  /** A step within the gateway, under the span whose context is in `headers`. */
  startStep(name: string, headers: TravellingHeaders, facts?: SpanFacts): TraceSpan;
  /** A call to a subgraph, under the span whose context is in `headers`. */
  startCall(subgraph: string, headers: TravellingHeaders, facts?: SpanFacts): TraceSpan;
  /** Sends what is left. Never rejects. */
  close(): Promise<void>;
};
