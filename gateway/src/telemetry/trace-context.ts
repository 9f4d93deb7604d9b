import { type Context, createTraceState, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { TRACEPARENT_PATTERN, TRACESTATE_CHARS_MAX } from './traceparent.ts';
import type { TravellingHeaders } from './tracer.ts';

const HEX = 16;

type GivenHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The context that a span starts in, by the W3C headers `traceparent` and `tracestate`; none when they are not well-formed. */
export function readTraceContext({ traceparent, tracestate }: GivenHeaders): Context {
  const match = typeof traceparent === 'string' ? TRACEPARENT_PATTERN.exec(traceparent) : null;
  if (!match) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = ''] = match;
  const isReadable = typeof tracestate === 'string' && tracestate.length <= TRACESTATE_CHARS_MAX;
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, HEX),
    isRemote: true,
    ...(isReadable ? { traceState: createTraceState(tracestate) } : {}),
  };
  return trace.setSpanContext(ROOT_CONTEXT, context);
}

/** `given` with `context` as its trace context. */
export function withTraceContext(
  given: TravellingHeaders,
  { traceId, spanId, traceFlags, traceState }: SpanContext,
): TravellingHeaders {
  const { traceparent: _parent, tracestate: _state, ...rest } = given;
  const state = traceState?.serialize();
  const flags = traceFlags.toString(HEX).padStart(2, '0');
  return { ...rest, traceparent: `00-${traceId}-${spanId}-${flags}`, ...(state ? { tracestate: state } : {}) };
}
